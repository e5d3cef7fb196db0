package welkin.placement;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import welkin.core.Config;
import welkin.core.Json;
import welkin.http.Answer;
import welkin.http.Call;
import welkin.http.Routes;
import welkin.http.Service;
import welkin.http.policy.PolicyEngine;
import welkin.http.policy.PolicyTable;
import welkin.peers.CloudService;
import welkin.peers.Platform;
import welkin.peers.Roles;
import welkin.placement.aggregate.AggregateApi;
import welkin.placement.aggregate.AggregateStore;
import welkin.placement.aggregate.Aggregates;
import welkin.placement.allocation.AllocationApi;
import welkin.placement.allocation.AllocationStore;
import welkin.placement.allocation.Allocations;
import welkin.placement.candidate.CandidateApi;
import welkin.placement.index.ProviderIndex;
import welkin.placement.inventory.Inventories;
import welkin.placement.inventory.InventoryApi;
import welkin.placement.inventory.InventoryStore;
import welkin.placement.provider.ProviderApi;
import welkin.placement.provider.ProviderStore;
import welkin.placement.provider.Providers;
import welkin.placement.resourceclass.ResourceClassApi;
import welkin.placement.resourceclass.ResourceClassStore;
import welkin.placement.resourceclass.ResourceClasses;
import welkin.placement.trait.TraitApi;
import welkin.placement.trait.TraitStore;
import welkin.placement.trait.Traits;
import welkin.placement.usage.UsageApi;
import welkin.placement.usage.Usages;
import welkin.store.Database;
import welkin.store.Events;

/** The Placement service: its nouns, schema and API. */
public final class PlacementService implements CloudService {
  private final Database database;
  private final Events events;
  private final ProviderIndex index;
  private final Service api;

  public PlacementService(Platform platform) {
    database =
        platform.database(
            "placement",
            List.of(
                "/welkin/placement/V001__placement.sql", "/welkin/placement/V002__change_log.sql"));
    var clock = platform.clock();
    events = new Events(clock);
    var providerStore = new ProviderStore();
    var inventoryStore = new InventoryStore();
    var classStore = new ResourceClassStore();
    var traitStore = new TraitStore();
    var allocationStore = new AllocationStore();
    var aggregateStore = new AggregateStore();
    index =
        new ProviderIndex(
            database, providerStore, inventoryStore, classStore, traitStore, aggregateStore);
    var inventories =
        new Inventories(database, events, clock, index, providerStore, classStore, inventoryStore);

    var routes = new Routes("");
    routes.get("/", PlacementService::root).open();
    routes.include(
        new ProviderApi(
                new Providers(database, events, clock, index, providerStore),
                index,
                platform.ids(),
                clock)
            .routes());
    routes.include(new InventoryApi(inventories, clock).routes());
    routes.include(
        new TraitApi(new Traits(database, events, clock, index, providerStore, traitStore), clock)
            .routes());
    routes.include(
        new ResourceClassApi(new ResourceClasses(database, events, clock, index, classStore), clock)
            .routes());
    routes.include(
        new AggregateApi(
                new Aggregates(database, events, clock, index, providerStore, aggregateStore),
                clock)
            .routes());
    routes.include(
        new AllocationApi(
                new Allocations(
                    database,
                    events,
                    clock,
                    index,
                    providerStore,
                    inventoryStore,
                    inventories,
                    classStore,
                    allocationStore),
                clock)
            .routes());
    routes.include(
        new UsageApi(new Usages(database, providerStore, inventoryStore, allocationStore), clock)
            .routes());
    routes.include(new CandidateApi(index, clock).routes());
    api =
        Service.of(
                "placement",
                Wire.MOUNT,
                routes,
                PlacementFaults::render,
                policy(platform),
                database)
            .negotiating(PlacementVersions.NEGOTIATION);
  }

  private static PolicyEngine policy(Platform platform) {
    return PolicyTable.beside(PlacementService.class)
        .engine()
        .withOverrides(platform.home().resolve("policy").resolve("placement.yaml"));
  }

  private static Answer root(Call call) {
    var version = Json.object();
    version.put("id", "v" + PlacementVersions.NEGOTIATION.min());
    version.put("max_version", PlacementVersions.NEGOTIATION.max().toString());
    version.put("min_version", PlacementVersions.NEGOTIATION.min().toString());
    version.put("status", "CURRENT");
    version.putArray("links").addObject().put("rel", "self").put("href", "");
    return Answer.ok(Map.of("versions", List.of(version)));
  }

  @Override
  public String type() {
    return "placement";
  }

  @Override
  public Collection<Service> apis() {
    return List.of(api);
  }

  @Override
  public Database database() {
    return database;
  }

  @Override
  public Events events() {
    return events;
  }

  /** The options it reads; any other name in the configuration stops the start. */
  public static List<Config.Key<?>> options() {
    return List.of();
  }

  /** Reads the providers into memory. */
  @Override
  public void start(Roles roles) {
    index.view();
  }

  @Override
  public void close() {
    database.close();
  }
}
