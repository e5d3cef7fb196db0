package welkin.placement.index;

import java.util.List;
import java.util.Map;
import java.util.Set;
import welkin.placement.inventory.Inventory;
import welkin.placement.provider.Provider;

/** A provider with all that searches ask about; immutable, replaced when the provider changes. */
public final class Node {
  final long position;
  private final Provider provider;
  private final Map<String, Inventory> inventories;
  private final Set<String> traits;
  private final Set<String> aggregates;
  private final boolean sharing;
  private String summary;

  Node(
      long position,
      Provider provider,
      Map<String, Inventory> inventories,
      Set<String> traits,
      Set<String> aggregates) {
    this.position = position;
    this.provider = provider;
    this.inventories = inventories;
    this.traits = traits;
    this.aggregates = aggregates;
    this.sharing = traits.contains(welkin.placement.Names.SHARING);
  }

  public Provider provider() {
    return provider;
  }

  public String uuid() {
    return provider.uuid();
  }

  public boolean isRoot() {
    return provider.parent() == null;
  }

  public Map<String, Inventory> inventories() {
    return inventories;
  }

  public Set<String> traits() {
    return traits;
  }

  public Set<String> aggregates() {
    return aggregates;
  }

  /** Whether it serves the members of its aggregates too. */
  public boolean sharing() {
    return sharing;
  }

  /** Whether one allocation of this much is possible here now. */
  public boolean hasRoomFor(String resourceClass, long amount) {
    var i = inventories.get(resourceClass);
    return i != null && i.allows(amount) && i.hasRoomFor(amount);
  }

  public boolean hasRoomFor(Map<String, Long> resources) {
    for (var e : resources.entrySet()) {
      if (!hasRoomFor(e.getKey(), e.getValue())) {
        return false;
      }
    }
    return true;
  }

  /**
   * The newest version's provider summary as JSON text. Kept, because thousands of them go into one
   * answer and few change between two.
   */
  public String summary() {
    var s = summary;
    if (s == null) {
      var out = new StringBuilder(256).append("{\"resources\":{");
      char sep = 0;
      for (var i : inventories.values()) {
        if (sep != 0) {
          out.append(sep);
        }
        resource(out, i);
        sep = ',';
      }
      out.append("},\"traits\":[");
      strings(out, List.copyOf(traits));
      out.append("],\"parent_provider_uuid\":");
      if (provider.parent() == null) {
        out.append("null");
      } else {
        out.append('"').append(provider.parent()).append('"');
      }
      out.append(",\"root_provider_uuid\":\"").append(provider.root()).append("\"}");
      summary = s = out.toString();
    }
    return s;
  }

  private static void resource(StringBuilder out, Inventory i) {
    out.append('"')
        .append(i.resourceClass())
        .append("\":{\"capacity\":")
        .append(i.capacity())
        .append(",\"used\":")
        .append(i.used())
        .append('}');
  }

  /** Names need no escaping: they are upper-case letters, digits and underscores. */
  private static void strings(StringBuilder out, List<String> names) {
    for (int i = 0; i < names.size(); i++) {
      out.append(i == 0 ? "\"" : ",\"").append(names.get(i)).append('"');
    }
  }
}
