-- only SQLITE
ALTER TABLE server ADD COLUMN updated_hour BIGINT
  GENERATED ALWAYS AS (updated_at - updated_at % 3600000000) VIRTUAL;

-- only MARIADB
ALTER TABLE server ADD COLUMN updated_hour BIGINT
  GENERATED ALWAYS AS (updated_at - updated_at % 3600000000) VIRTUAL;

-- only POSTGRESQL
ALTER TABLE server ADD COLUMN updated_hour BIGINT
  GENERATED ALWAYS AS (updated_at - updated_at % 3600000000) STORED;

DROP INDEX server_changes ON server;

CREATE INDEX server_changed ON server (updated_hour);

-- only POSTGRESQL
ALTER TABLE server SET (fillfactor = 50);

-- only POSTGRESQL
ALTER TABLE instance_action SET (fillfactor = 70);

-- only POSTGRESQL
ALTER TABLE service SET (fillfactor = 50);

-- only POSTGRESQL
ALTER TABLE compute_node SET (fillfactor = 50);
