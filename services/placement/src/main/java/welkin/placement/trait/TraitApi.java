package welkin.placement.trait;

import java.time.InstantSource;
import java.util.HashSet;
import java.util.Locale;
import java.util.Set;
import welkin.core.Fault;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.placement.Wire;

/** {@code /traits} and {@code /resource_providers/{uuid}/traits}. */
public final class TraitApi {
  private static final Shape REPLACE =
      Shape.object()
          .required(
              "traits", Shape.array(Shape.string().length(1, 255).pattern(Wire.NAME)).unique())
          .required("resource_provider_generation", Wire.GENERATION)
          .noOthers()
          .said(Shape.Style.PLACEMENT);

  private final Traits traits;
  private final InstantSource clock;

  public TraitApi(Traits traits, InstantSource clock) {
    this.traits = traits;
    this.clock = clock;
  }

  public Routes routes() {
    var r = new Routes("");
    r.get("/traits", this::list).policy("placement:traits:list").since(1, 6);
    r.get("/traits/{name}", this::show).policy("placement:traits:show").since(1, 6).success(204);
    r.put("/traits/{name}", this::ensure)
        .policy("placement:traits:update")
        .since(1, 6)
        .success(201);
    r.delete("/traits/{name}", this::delete)
        .policy("placement:traits:delete")
        .since(1, 6)
        .success(204);
    r.get("/resource_providers/{uuid}/traits", this::ofProvider)
        .policy("placement:resource_providers:traits:list")
        .since(1, 6);
    r.put("/resource_providers/{uuid}/traits", this::replace)
        .policy("placement:resource_providers:traits:update")
        .since(1, 6)
        .body(REPLACE);
    r.delete("/resource_providers/{uuid}/traits", this::clear)
        .policy("placement:resource_providers:traits:delete")
        .since(1, 6)
        .success(204);
    return r;
  }

  private Answer list(Call call) {
    Wire.only(call, "name", "associated");
    Set<String> names = null;
    String prefix = null;
    var name = call.query("name");
    if (name != null) {
      if (name.startsWith("in:")) {
        names = Set.of(name.substring(3).split(","));
      } else if (name.startsWith("startswith:")) {
        prefix = name.substring("startswith:".length());
      } else {
        throw Fault.badRequest(
            "Badly formatted name parameter. Expected name query string parameter in form:"
                + " ?name=[in|startswith]:[name1,name2|prefix]. Got: \""
                + name
                + "\"");
      }
    }
    var associated = call.query("associated");
    Boolean flag = null;
    if (associated != null) {
      flag =
          switch (associated.toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default ->
                throw Fault.badRequest(
                    "The query parameter \"associated\" only accepts \"true\" or \"false\"");
          };
    }
    var out = Json.object();
    var list = out.putArray("traits");
    traits.list(names, prefix, flag).forEach(list::add);
    return Wire.fresh(call, Answer.ok(out), clock);
  }

  private Answer show(Call call) {
    if (!traits.exists(call.path("name"))) {
      throw Fault.notFound("No such trait(s): " + call.path("name") + ".");
    }
    return Wire.fresh(call, Answer.none(), clock);
  }

  private Answer ensure(Call call) {
    var name = call.path("name");
    if (!name.matches(Wire.CUSTOM_NAME) || name.length() > 255) {
      throw Fault.badRequest(
          "The trait is invalid. A valid trait must be no longer than 255 characters, start with"
              + " the prefix \"CUSTOM_\" and use following characters: \"A\"-\"Z\", \"0\"-\"9\" and"
              + " \"_\"");
    }
    var answer =
        Answer.empty(traits.ensure(name) ? 201 : 204)
            .with("Location", Wire.location(call, Wire.MOUNT + "/traits/" + name));
    return Wire.fresh(call, answer, clock);
  }

  private Answer delete(Call call) {
    traits.delete(call.path("name"));
    return Answer.none();
  }

  private Answer ofProvider(Call call) {
    return wire(call, traits.of(call.path("uuid")));
  }

  private Answer wire(Call call, Traits.Of of) {
    var out = Json.object();
    var list = out.putArray("traits");
    of.names().forEach(list::add);
    out.put("resource_provider_generation", of.generation());
    return Wire.fresh(call, Answer.ok(out), clock);
  }

  private Answer replace(Call call) {
    var names = new HashSet<String>();
    call.json().get("traits").forEach(n -> names.add(n.stringValue()));
    int generation = Wire.generation(call.json().get("resource_provider_generation"));
    return wire(call, traits.replace(call.path("uuid"), generation, names));
  }

  private Answer clear(Call call) {
    traits.replace(call.path("uuid"), null, Set.of());
    return Answer.none();
  }
}
