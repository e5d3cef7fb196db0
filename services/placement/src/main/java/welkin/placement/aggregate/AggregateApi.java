package welkin.placement.aggregate;

import java.time.InstantSource;
import java.util.LinkedHashSet;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Shape;
import welkin.placement.Wire;

/** {@code /resource_providers/{uuid}/aggregates}. */
public final class AggregateApi {
  private static final Shape LIST = Shape.array(Shape.string().format("uuid")).unique();
  private static final Shape BEFORE_19 = LIST.said(Shape.Style.PLACEMENT);
  private static final Shape REPLACE =
      Shape.object()
          .required("aggregates", LIST)
          .required("resource_provider_generation", Wire.GENERATION)
          .noOthers()
          .said(Shape.Style.PLACEMENT);

  private final Aggregates aggregates;
  private final InstantSource clock;

  public AggregateApi(Aggregates aggregates, InstantSource clock) {
    this.aggregates = aggregates;
    this.clock = clock;
  }

  public Routes routes() {
    var r = new Routes("/resource_providers/{uuid}/aggregates");
    r.get("", this::list).policy("placement:resource_providers:aggregates:list").since(1, 1);
    r.put("", this::replace)
        .policy("placement:resource_providers:aggregates:update")
        .since(1, 1)
        .until(1, 18)
        .body(BEFORE_19);
    r.put("", this::replace)
        .policy("placement:resource_providers:aggregates:update")
        .since(1, 19)
        .body(REPLACE);
    return r;
  }

  private Answer list(Call call) {
    return wire(call, aggregates.of(call.path("uuid")));
  }

  private Answer replace(Call call) {
    boolean guarded = call.at(1, 19);
    var list = guarded ? call.json().get("aggregates") : call.json();
    var uuids = new LinkedHashSet<String>();
    list.forEach(n -> uuids.add(Wire.uuid(n.stringValue())));
    Integer generation =
        guarded ? (Integer) Wire.generation(call.json().get("resource_provider_generation")) : null;
    return wire(call, aggregates.replace(call.path("uuid"), generation, uuids));
  }

  private Answer wire(Call call, Aggregates.Of of) {
    var out = Json.object();
    var list = out.putArray("aggregates");
    of.uuids().forEach(list::add);
    if (call.at(1, 19)) {
      out.put("resource_provider_generation", of.generation());
    }
    return Wire.fresh(call, Answer.ok(out), clock);
  }
}
