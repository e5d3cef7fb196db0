package welkin.placement.index;

import java.time.InstantSource;
import welkin.core.Fault;
import welkin.placement.PlacementFaults;
import welkin.placement.provider.Provider;
import welkin.placement.provider.ProviderStore;
import welkin.store.Sql;

/** The generations of providers: who changes what one has does so from the state it has read. */
public final class Generations {
  private final ProviderStore providers;
  private final ProviderIndex index;
  private final InstantSource clock;

  public Generations(ProviderStore providers, ProviderIndex index, InstantSource clock) {
    this.providers = providers;
    this.index = index;
    this.clock = clock;
  }

  /**
   * @param generation the one the caller read, or null for any
   * @throws Fault 409 when the provider has changed since
   */
  public static void expect(Provider provider, Integer generation) {
    if (generation != null && generation != provider.generation()) {
      throw PlacementFaults.generationConflict(
          "Resource provider's generation already changed. Please update the generation and"
              + " try again.");
    }
  }

  /**
   * What a provider has was changed.
   *
   * @return its new generation
   * @throws Fault 409 when somebody was faster
   */
  public int advance(Sql sql, Provider provider) {
    touch(sql, provider.uuid());
    return providers.advance(sql, provider.uuid(), provider.generation(), clock.instant());
  }

  /** What a provider has was changed, and its generation stays: before 1.19 aggregates did so. */
  public void touch(Sql sql, String provider) {
    index.touch(sql, provider);
  }
}
