package welkin.compute.server;

import java.util.List;
import welkin.compute.flavor.Flavor;

/**
 * What was asked for, names made ids.
 *
 * @param zone where servers are to be, or null
 * @param groups security groups, of which the default one may have no id yet
 */
record RequestSpec(
    Flavor flavor, Boot boot, String zone, List<Server.Group> groups, boolean configDrive) {}
