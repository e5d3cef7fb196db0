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
import welkin.peers.Backend;
import welkin.peers.CloudService;
import welkin.peers.Platform;
import welkin.peers.Roles;
import welkin.placement.aggregate.AggregateApi;
import welkin.placement.aggregate.AggregateStore;
import welkin.placement.aggregate.Aggregates;
import welkin.placement.allocation.AllocationApi;
import welkin.placement.allocation.AllocationStore;
import welkin.placement.allocation.Allocations;
import welkin.placement.allocation.Reshapes;
import welkin.placement.candidate.CandidateApi;
import welkin.placement.index.Generations;
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
    var backend = new Backend(database, new Events(clock), clock, platform.ids());
    events = backend.events();
    var providers = new ProviderStore();
    var stock = new InventoryStore();
    var classes = new ResourceClassStore();
    var traits = new TraitStore();
    var aggregates = new AggregateStore();
    var given = new AllocationStore();
    index = new ProviderIndex(database, providers, stock, classes, traits, aggregates);

    // the nouns
    var generations = new Generations(providers, index, clock);
    var inventories = new Inventories(backend, providers, generations, classes, stock);
    var allocations = new Allocations(backend, providers, generations, stock, classes, given);
    var reshapes = new Reshapes(database, providers, stock, inventories, allocations);
    var ofProviders = new Providers(backend, index, providers);
    var ofTraits = new Traits(backend, providers, generations, traits);
    var ofClasses = new ResourceClasses(backend, index, classes);
    var ofAggregates = new Aggregates(backend, providers, generations, aggregates);
    var usages = new Usages(database, providers, stock, given);

    // the door
    var routes = new Routes("");
    routes.get("/", PlacementService::root).open();
    routes.include(new ProviderApi(ofProviders, index, platform.ids(), clock).routes());
    routes.include(new InventoryApi(inventories, clock).routes());
    routes.include(new TraitApi(ofTraits, clock).routes());
    routes.include(new ResourceClassApi(ofClasses, clock).routes());
    routes.include(new AggregateApi(ofAggregates, clock).routes());
    routes.include(new AllocationApi(allocations, reshapes, clock).routes());
    routes.include(new UsageApi(usages, clock).routes());
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
