CREATE TABLE server_migration (
  id ${autoid},
  uuid VARCHAR(36) NOT NULL UNIQUE,
  server_id VARCHAR(36) NOT NULL,
  project_id VARCHAR(64),
  user_id VARCHAR(64),
  type VARCHAR(32) NOT NULL,
  status VARCHAR(32) NOT NULL,
  source_host VARCHAR(255),
  source_zone VARCHAR(255),
  dest_host VARCHAR(255),
  dest_ip VARCHAR(64),
  old_flavor ${text} NOT NULL,
  new_flavor ${text} NOT NULL,
  old_state VARCHAR(32) NOT NULL,
  terms ${text} NOT NULL,
  progress ${text},
  tidy INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE INDEX server_migration_server ON server_migration (server_id, status);
CREATE INDEX server_migration_status ON server_migration (status, type);
CREATE INDEX server_migration_created ON server_migration (created_at, id);
CREATE INDEX server_migration_untidy ON server_migration (tidy);
