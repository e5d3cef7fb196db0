package welkin.network.host;

import java.nio.file.Path;
import welkin.network.stores.Stores;
import welkin.store.Database;
import welkin.store.Sql;

/** Rows that a host's part of the network is read from. */
final class HostRows {
  private HostRows() {}

  static Database open(Path dir) {
    return Database.sqlite(dir.resolve("n.db"), Database.Durability.OFF, Stores.MIGRATIONS);
  }

  /** A port {@code p-HOST} on a host, in the group {@code g-HOST}. */
  static void port(Sql sql, String host, String network) {
    sql.update(
        "INSERT INTO port (id, network_id, mac_address, host, revision_number, created_at,"
            + " updated_at, doc, admin_doc) VALUES (?, ?, ?, ?, 0, '', '', '{}', '{}')",
        "p-" + host,
        network,
        host,
        host);
    sql.update(
        "INSERT INTO port_group (group_id, port_id) VALUES (?, ?)", "g-" + host, "p-" + host);
  }

  /** A group lets in the members of another. */
  static void rule(Sql sql, String group, String remote) {
    sql.update(
        "INSERT INTO security_group_rule (id, security_group_id, remote_group_id, fingerprint,"
            + " revision_number, created_at, updated_at, doc, admin_doc) VALUES (?, ?, ?, ?, 0, '',"
            + " '', ?, '{}')",
        group + remote,
        group,
        remote,
        group + remote,
        "{\"direction\": \"ingress\", \"ethertype\": \"IPv4\"}");
  }
}
