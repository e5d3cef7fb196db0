/**
 * Transactions, statements, migrations, the event log, idempotency keys and quota counters: one
 * schema per service, on SQLite, PostgreSQL or MariaDB. Services know {@link
 * welkin.store.Database}; what differs between engines is in {@link welkin.store.Dialect}, {@link
 * welkin.store.Session} and {@link welkin.store.Connector}.
 */
package welkin.store;
