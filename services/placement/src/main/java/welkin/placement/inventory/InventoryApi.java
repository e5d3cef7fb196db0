package welkin.placement.inventory;

import java.time.InstantSource;
import java.util.List;
import welkin.core.Fault;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.placement.Wire;

/** {@code /resource_providers/{uuid}/inventories}. */
public final class InventoryApi {
  private final Inventories inventories;
  private final InstantSource clock;

  public InventoryApi(Inventories inventories, InstantSource clock) {
    this.inventories = inventories;
    this.clock = clock;
  }

  public Routes routes() {
    var r = new Routes("/resource_providers/{uuid}/inventories");
    r.get("", this::list).policy("placement:resource_providers:inventories:list");
    r.post("", this::create)
        .policy("placement:resource_providers:inventories:create")
        .body(InventoryWire.CREATE)
        .success(201);
    r.put("", this::replace)
        .policy("placement:resource_providers:inventories:update")
        .body(InventoryWire.ALL);
    r.delete("", this::clear)
        .policy("placement:resource_providers:inventories:delete")
        .since(1, 5)
        .success(204);
    r.get("/{resource_class}", this::show).policy("placement:resource_providers:inventories:show");
    r.put("/{resource_class}", this::update)
        .policy("placement:resource_providers:inventories:update")
        .body(InventoryWire.ONE);
    r.delete("/{resource_class}", this::delete)
        .policy("placement:resource_providers:inventories:delete")
        .success(204);
    return r;
  }

  private Answer list(Call call) {
    return all(call, inventories.of(call.path("uuid")));
  }

  private Answer all(Call call, Inventories.Stock stock) {
    return Wire.fresh(call, Answer.ok(InventoryWire.show(stock)), clock);
  }

  private Answer show(Call call) {
    var name = call.path("resource_class");
    var stock = inventories.of(call.path("uuid"));
    var found =
        stock.inventories().stream()
            .filter(i -> i.resourceClass().equals(name))
            .findFirst()
            .orElseThrow(
                () ->
                    Fault.notFound("No inventory of class " + name + " for " + call.path("uuid")));
    return one(call, 200, stock.generation(), found);
  }

  private Answer one(Call call, int status, int generation, Inventory i) {
    var body = InventoryWire.show(i).put("resource_provider_generation", generation);
    return Wire.fresh(call, Answer.json(status, body), clock);
  }

  private Answer create(Call call) {
    var body = call.object();
    var i = InventoryWire.read(body.get("resource_class").stringValue(), body);
    var stock = inventories.add(call.path("uuid"), i, call.at(1, 26));
    return one(call, 201, stock.generation(), i)
        .with(
            "Location",
            Wire.location(
                call,
                Wire.MOUNT
                    + "/resource_providers/"
                    + call.path("uuid")
                    + "/inventories/"
                    + i.resourceClass()));
  }

  private Answer replace(Call call) {
    return all(
        call,
        inventories.replace(
            call.path("uuid"),
            generation(call),
            InventoryWire.readAll(call.json()),
            call.at(1, 26)));
  }

  private Answer clear(Call call) {
    inventories.replace(call.path("uuid"), null, List.of(), true);
    return Answer.none();
  }

  private Answer update(Call call) {
    var i = InventoryWire.read(call.path("resource_class"), call.json());
    var stock = inventories.update(call.path("uuid"), generation(call), i, call.at(1, 26));
    return one(call, 200, stock.generation(), i);
  }

  private Answer delete(Call call) {
    inventories.delete(call.path("uuid"), call.path("resource_class"));
    return Answer.none();
  }

  private static int generation(Call call) {
    return Wire.generation(call.json().get("resource_provider_generation"));
  }
}
