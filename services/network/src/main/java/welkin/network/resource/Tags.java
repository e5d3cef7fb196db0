package welkin.network.resource;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import tools.jackson.databind.JsonNode;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.store.Database;
import welkin.store.ListQuery;

/** Tags of any noun: the routes below a resource, the filters of its list. */
public final class Tags {
  private static final int LONGEST = 255;
  private final Database database;
  private final Access access;

  public Tags(Database database, Access access) {
    this.database = database;
    this.access = access;
  }

  /** A list of tags as a create gives it. */
  public static Values.Reader reader() {
    return v -> {
      var out = Json.array();
      var seen = new LinkedHashSet<String>();
      for (var t : Values.list().read(v)) {
        if (!t.isString() || t.stringValue().isEmpty() || t.stringValue().length() > LONGEST) {
          throw Values.refused("'" + Values.show(t) + "' is not a valid tag");
        }
        if (seen.add(t.stringValue())) {
          out.add(t);
        }
      }
      return out;
    };
  }

  static boolean filter(ListQuery query, String key, List<String> values) {
    var not = key.startsWith("not-") ? "NOT " : "";
    var tags = values.stream().flatMap(v -> Arrays.stream(v.split(","))).distinct().toList();
    var in =
        "id %sIN (SELECT resource_id FROM tag WHERE tag IN ("
            + "?, ".repeat(Math.max(0, tags.size() - 1))
            + "?)";
    switch (not.isEmpty() ? key : key.substring(4)) {
      case "tags" -> {
        if (!tags.isEmpty()) { // of a comma alone nothing is left
          query.where(
              in.formatted(not) + " GROUP BY resource_id HAVING COUNT(*) = " + tags.size() + ")",
              tags.toArray());
        }
      }
      case "tags-any" -> {
        if (!tags.isEmpty()) {
          query.where(in.formatted(not) + ")", tags.toArray());
        }
      }
      default -> {
        return false;
      }
    }
    return true;
  }

  /** The seven tag routes of a noun. */
  public void routes(Routes routes, Noun noun) {
    var name = noun.attributes().singular();
    var get = "get_" + name;
    var update = "update_" + name;
    var tags = "/" + noun.path() + "/{id}/tags";
    routes
        .get(tags, c -> Answer.ok(Json.object().set("tags", seen(c, noun).document().get("tags"))))
        .policyOnTarget(get);
    routes
        .get(
            tags + "/{tag}",
            c -> {
              if (!seen(c, noun).texts("tags").contains(c.path("tag"))) {
                throw missing(c.path("tag"));
              }
              return Answer.none();
            })
        .policyOnTarget(get);
    routes
        .put(
            tags + "/{tag}",
            c ->
                changed(
                    c,
                    noun,
                    t -> {
                      t.add(checked(c.path("tag")));
                      return Answer.empty(201);
                    }))
        .policyOnTarget(update);
    routes
        .delete(
            tags + "/{tag}",
            c ->
                changed(
                    c,
                    noun,
                    t -> {
                      if (!t.remove(c.path("tag"))) {
                        throw missing(c.path("tag"));
                      }
                      return Answer.none();
                    }))
        .policyOnTarget(update);
    routes
        .put(
            tags,
            c ->
                changed(
                    c,
                    noun,
                    t -> {
                      t.clear();
                      t.addAll(given(c));
                      return all(t);
                    }))
        .policyOnTarget(update);
    routes
        .post(
            tags,
            c ->
                changed(
                    c,
                    noun,
                    t -> {
                      t.addAll(given(c));
                      return all(t);
                    }))
        .policyOnTarget(update);
    routes
        .delete(
            tags,
            c ->
                changed(
                    c,
                    noun,
                    t -> {
                      t.clear();
                      return Answer.none();
                    }))
        .policyOnTarget(update);
  }

  private interface Change {
    Answer on(Set<String> tags);
  }

  private Resource seen(Call call, Noun noun) {
    call.enforcedByFilter();
    return database.read(
        sql -> {
          var r =
              noun.complete(sql, call.caller(), List.of(noun.get(sql, call.path("id")))).getFirst();
          access.see(sql, call.caller(), noun, r);
          return r;
        });
  }

  private Answer changed(Call call, Noun noun, Change change) {
    call.enforcedByFilter();
    return database.tx(
        sql -> {
          var current = noun.get(sql, call.path("id"));
          var full = noun.complete(sql, call.caller(), List.of(current.copy())).getFirst();
          access.act(sql, call.caller(), noun, full, "update_" + noun.attributes().singular());
          var tags = new LinkedHashSet<>(current.texts("tags"));
          var answer = change.on(tags);
          var after = current.copy().set("tags", List.copyOf(tags));
          noun.store().update(sql, current, after);
          TagStore.keep(sql, after);
          return answer;
        });
  }

  private static List<String> given(Call call) {
    JsonNode tags = call.object().get("tags");
    if (tags == null || call.object().size() != 1) {
      throw Faults.badRequest("Invalid tags body");
    }
    try {
      var out = new ArrayList<String>();
      reader().read(tags).forEach(t -> out.add(t.stringValue()));
      return out;
    } catch (Values.Refused e) {
      throw Attributes.invalid("tags", e.getMessage());
    }
  }

  private static String checked(String tag) {
    if (tag.isEmpty() || tag.length() > LONGEST) {
      throw Attributes.invalid("tags", "'" + tag + "' is not a valid tag");
    }
    return tag;
  }

  private static Answer all(Set<String> tags) {
    var out = Json.object();
    var list = out.putArray("tags");
    tags.forEach(list::add);
    return Answer.ok(out);
  }

  private static Fault missing(String tag) {
    return Fault.of(404, "TagNotFound", "Tag " + tag + " could not be found.");
  }
}
