package welkin.identity.ldap;

/** What an entry is to Identity, with the table that mirrors it. */
enum Kind {
  USER("user", "users", 255),
  GROUP("group", "user_group", 64);

  /** keystone's name, part of a public id. */
  final String type;

  final String table;

  /** Characters a name may have. */
  final int nameMax;

  Kind(String type, String table, int nameMax) {
    this.type = type;
    this.table = table;
    this.nameMax = nameMax;
  }
}
