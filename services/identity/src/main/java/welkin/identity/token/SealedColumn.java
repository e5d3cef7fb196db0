package welkin.identity.token;

import java.util.List;

/**
 * A column that holds what {@link StoredSecrets} sealed; declared by the store that writes it.
 *
 * @param key the columns that tell its rows apart
 */
public record SealedColumn(String table, String name, List<String> key) {
  public static SealedColumn of(String table, String name, String... key) {
    return new SealedColumn(table, name, List.of(key));
  }

  @Override
  public String toString() {
    return table + "." + name;
  }
}
