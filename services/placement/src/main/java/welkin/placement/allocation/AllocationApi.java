package welkin.placement.allocation;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Comparator;
import java.util.List;
import welkin.core.Fault;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.placement.Wire;

/** {@code /allocations}, a provider's allocations, and the reshaper. */
public final class AllocationApi {
  private final Allocations allocations;
  private final Reshapes reshapes;
  private final InstantSource clock;

  public AllocationApi(Allocations allocations, Reshapes reshapes, InstantSource clock) {
    this.allocations = allocations;
    this.reshapes = reshapes;
    this.clock = clock;
  }

  public Routes routes() {
    var r = new Routes("");
    r.post("/allocations", this::setMany)
        .policy("placement:allocations:manage")
        .since(1, 13)
        .body(AllocationWire.POST)
        .success(204);
    r.get("/allocations/{consumer_uuid}", this::show).policy("placement:allocations:list");
    r.put("/allocations/{consumer_uuid}", this::set)
        .policy("placement:allocations:update")
        .until(1, 11)
        .body(AllocationWire.PUT_LIST)
        .success(204);
    r.put("/allocations/{consumer_uuid}", this::set)
        .policy("placement:allocations:update")
        .since(1, 12)
        .until(1, 27)
        .body(AllocationWire.PUT_12)
        .success(204);
    r.put("/allocations/{consumer_uuid}", this::set)
        .policy("placement:allocations:update")
        .since(1, 28)
        .body(AllocationWire.PUT_28)
        .success(204);
    r.delete("/allocations/{consumer_uuid}", this::delete)
        .policy("placement:allocations:delete")
        .success(204);
    r.get("/resource_providers/{uuid}/allocations", this::ofProvider)
        .policy("placement:resource_providers:allocations:list");
    r.post("/reshaper", this::reshape)
        .policy("placement:reshaper:reshape")
        .since(1, 30)
        .body(AllocationWire.RESHAPE)
        .success(204);
    return r;
  }

  private Answer show(Call call) {
    var of = allocations.ofConsumer(call.path("consumer_uuid"));
    return Wire.fresh(call, Answer.ok(AllocationWire.show(of, call)), newest(of.allocations()));
  }

  private Answer ofProvider(Call call) {
    var of = allocations.ofProvider(call.path("uuid"));
    return Wire.fresh(call, Answer.ok(AllocationWire.show(of, call)), newest(of.allocations()));
  }

  private Instant newest(List<Allocation> all) {
    return all.stream()
        .map(Allocation::updatedAt)
        .max(Comparator.naturalOrder())
        .orElseGet(clock::instant);
  }

  private Answer set(Call call) {
    var consumer = Wire.uuid(call.path("consumer_uuid"));
    if (consumer == null) {
      throw Fault.badRequest("Malformed consumer_uuid: " + call.path("consumer_uuid"));
    }
    allocations.set(List.of(AllocationWire.claim(consumer, call.json(), call)));
    return Answer.none();
  }

  private Answer setMany(Call call) {
    allocations.set(AllocationWire.claims(call.json(), call));
    return Answer.none();
  }

  private Answer delete(Call call) {
    allocations.delete(call.path("consumer_uuid"));
    return Answer.none();
  }

  private Answer reshape(Call call) {
    reshapes.reshape(
        AllocationWire.reshaped(call.json().get("inventories")),
        AllocationWire.claims(call.json().get("allocations"), call));
    return Answer.none();
  }
}
