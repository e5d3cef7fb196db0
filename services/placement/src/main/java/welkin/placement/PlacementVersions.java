package welkin.placement;

import welkin.http.Service.Negotiation;
import welkin.http.Version;

/**
 * The microversions. Each is told at the route rows ({@code since}) or where a wire shape changes:
 *
 * <ul>
 *   <li>1.1 aggregates, 1.2 custom resource classes, 1.3 providers by {@code member_of}, 1.4 by
 *       {@code resources}, 1.5 delete all inventory, 1.6 traits, 1.7 idempotent class PUT, 1.8
 *       project and user in allocations, 1.9 usages
 *   <li>1.10 allocation candidates, 1.11 allocations link, 1.12 allocations as dict, 1.13 POST
 *       allocations, 1.14 provider trees, 1.15 last-modified, 1.16 limit, 1.17 required traits,
 *       1.18 providers by {@code required}, 1.19 generation in aggregates
 *   <li>1.20 POST answers the provider, 1.21 candidates by {@code member_of}, 1.22 forbidden
 *       traits, 1.23 error codes, 1.24 repeated {@code member_of}, 1.25 numbered groups, 1.26
 *       reserved may equal total, 1.27 all resources in summaries, 1.28 consumer generations, 1.29
 *       candidates in trees
 *   <li>1.30 reshaper, 1.31 {@code in_tree}, 1.32 forbidden aggregates, 1.33 named groups, 1.34
 *       mappings, 1.35 {@code root_required}, 1.36 {@code same_subtree}, 1.37 re-parenting, 1.38
 *       consumer types, 1.39 any-of traits
 * </ul>
 */
public final class PlacementVersions {
  static final Negotiation NEGOTIATION =
      new Negotiation("placement", null, Version.of(1, 0), Version.of(1, 39));

  private PlacementVersions() {}

  public static Version v(int minor) {
    return Version.of(1, minor);
  }
}
