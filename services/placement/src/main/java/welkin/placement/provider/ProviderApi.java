package welkin.placement.provider;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import welkin.core.Ids;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.placement.Wire;
import welkin.placement.candidate.GroupParser;
import welkin.placement.index.ProviderIndex;

/** {@code /resource_providers}. */
public final class ProviderApi {
  private final Providers providers;
  private final ProviderIndex index;
  private final Ids ids;
  private final InstantSource clock;

  public ProviderApi(Providers providers, ProviderIndex index, Ids ids, InstantSource clock) {
    this.providers = providers;
    this.index = index;
    this.ids = ids;
    this.clock = clock;
  }

  public Routes routes() {
    var r = new Routes("/resource_providers");
    r.get("", this::list).policy("placement:resource_providers:list");
    r.post("", this::create)
        .policy("placement:resource_providers:create")
        .body(ProviderWire.CREATE)
        .success(201)
        .shownBy("/resource_providers/{uuid}");
    r.get("/{uuid}", this::show).policy("placement:resource_providers:show");
    r.put("/{uuid}", this::update)
        .policy("placement:resource_providers:update")
        .body(ProviderWire.UPDATE);
    r.delete("/{uuid}", this::delete).policy("placement:resource_providers:delete").success(204);
    return r;
  }

  private Answer list(Call call) {
    var names = new ArrayList<>(java.util.List.of("name", "uuid"));
    if (call.at(1, 3)) {
      names.add("member_of");
    }
    if (call.at(1, 4)) {
      names.add("resources");
    }
    if (call.at(1, 14)) {
      names.add("in_tree");
    }
    if (call.at(1, 18)) {
      names.add("required");
    }
    Wire.only(call, names);
    var group = GroupParser.forProviders(call, index);
    var name = call.query("name");
    var uuid = call.query("uuid");
    if (uuid != null && (uuid = Wire.uuid(uuid)) == null) {
      throw Wire.badQuery("'" + call.query("uuid") + "' is not a 'uuid'");
    }
    var found = index.matching(name, uuid, group);
    var out = Json.object();
    var list = out.putArray("resource_providers");
    Instant newest = null;
    for (var p : found) {
      list.add(ProviderWire.show(p, call));
      newest = newest == null || newest.isBefore(p.updatedAt()) ? p.updatedAt() : newest;
    }
    return Wire.fresh(call, Answer.ok(out), newest == null ? clock.instant() : newest);
  }

  private Answer create(Call call) {
    var body = call.object();
    var uuid = Json.string(body, "uuid");
    var provider =
        providers.create(
            uuid == null ? ids.uuid() : Wire.uuid(uuid),
            Json.string(body, "name"),
            Wire.uuid(Json.string(body, "parent_provider_uuid")));
    var answer =
        call.at(1, 20)
            ? Wire.fresh(call, Answer.ok(ProviderWire.show(provider, call)), provider.updatedAt())
            : Answer.empty(201);
    return answer.with("Location", Wire.location(call, ProviderWire.url(provider.uuid())));
  }

  private Answer show(Call call) {
    var p = providers.get(call.path("uuid"));
    return Wire.fresh(call, Answer.ok(ProviderWire.show(p, call)), p.updatedAt());
  }

  private Answer update(Call call) {
    var body = call.object();
    var p =
        providers.update(
            call.path("uuid"),
            Json.string(body, "name"),
            body.has("parent_provider_uuid"),
            Wire.uuid(Json.string(body, "parent_provider_uuid")),
            call.at(1, 37));
    return Wire.fresh(call, Answer.ok(ProviderWire.show(p, call)), p.updatedAt());
  }

  private Answer delete(Call call) {
    providers.delete(call.path("uuid"));
    return Answer.none();
  }
}
