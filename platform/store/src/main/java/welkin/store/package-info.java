/**
 * Transactions, statements, migrations, the event log, idempotency keys and quota counters: one
 * schema per service, on SQLite today, with {@link welkin.store.Dialect} as the seam for PostgreSQL
 * and MariaDB.
 */
package welkin.store;
