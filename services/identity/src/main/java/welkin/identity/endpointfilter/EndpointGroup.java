package welkin.identity.endpointfilter;

import java.util.Map;
import welkin.identity.endpoint.Endpoint;

/**
 * Endpoints that have something in common.
 *
 * @param filters any of {@code service_id}, {@code region_id} and {@code interface}, all of which
 *     must be so
 */
record EndpointGroup(String id, String name, String description, Map<String, String> filters) {
  boolean holds(Endpoint e) {
    return filters.entrySet().stream()
        .allMatch(
            f ->
                f.getValue()
                    .equals(
                        switch (f.getKey()) {
                          case "service_id" -> e.serviceId();
                          case "region_id" -> e.regionId();
                          case "interface" -> e.serviceInterface();
                          default -> null;
                        }));
  }
}
