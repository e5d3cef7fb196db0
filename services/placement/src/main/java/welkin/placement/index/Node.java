package welkin.placement.index;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import welkin.placement.Names;
import welkin.placement.inventory.Inventory;
import welkin.placement.provider.Provider;

/**
 * A provider with all that searches ask about. Its place among the others is fixed; the rest is
 * replaced as a whole when the provider changes, so a search may see a change half way: what it
 * finds is a proposal, the claim checks again.
 */
public final class Node {
  /** All that may change without the provider changing its place. */
  private record State(
      Provider provider,
      Map<String, Inventory> inventories,
      Set<String> traits,
      Set<String> aggregates) {}

  final long position;
  private volatile State state;
  private volatile String summary;

  Node(
      long position,
      Provider provider,
      Map<String, Inventory> inventories,
      Set<String> traits,
      Set<String> aggregates) {
    this.position = position;
    this.state = new State(provider, inventories, traits, aggregates);
  }

  /** Whether {@code next} has the same place among the others. */
  boolean hasPlaceOf(Node next) {
    return Objects.equals(provider().parent(), next.provider().parent())
        && provider().root().equals(next.provider().root())
        && sharing() == next.sharing();
  }

  void become(Node next) {
    state = next.state;
    summary = null;
  }

  public Provider provider() {
    return state.provider;
  }

  public String uuid() {
    return state.provider.uuid();
  }

  public boolean isRoot() {
    return state.provider.parent() == null;
  }

  public Map<String, Inventory> inventories() {
    return state.inventories;
  }

  public Set<String> traits() {
    return state.traits;
  }

  public Set<String> aggregates() {
    return state.aggregates;
  }

  /** Whether it serves the members of its aggregates too. */
  public boolean sharing() {
    return state.traits.contains(Names.SHARING);
  }

  /** Whether one allocation of this much is possible here now. */
  public boolean hasRoomFor(String resourceClass, long amount) {
    var i = state.inventories.get(resourceClass);
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
      var now = state;
      var provider = now.provider;
      var out = new StringBuilder(256).append("{\"resources\":{");
      char sep = 0;
      for (var i : now.inventories.values()) {
        if (sep != 0) {
          out.append(sep);
        }
        resource(out, i);
        sep = ',';
      }
      out.append("},\"traits\":[");
      strings(out, List.copyOf(now.traits));
      out.append("],\"parent_provider_uuid\":");
      if (provider.parent() == null) {
        out.append("null");
      } else {
        out.append('"').append(provider.parent()).append('"');
      }
      out.append(",\"root_provider_uuid\":\"").append(provider.root()).append("\"}");
      s = out.toString();
      if (now == state) {
        summary = s;
      }
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
