-- only SQLITE
CREATE TABLE registered_limit_now (
  id VARCHAR(64) PRIMARY KEY,
  service_id VARCHAR(64) NOT NULL,
  region_id VARCHAR(255),
  name_scope VARCHAR(255) NOT NULL,
  resource_name VARCHAR(255) NOT NULL,
  default_limit BIGINT NOT NULL,
  description ${text}
);

-- only SQLITE
INSERT INTO registered_limit_now (id, service_id, region_id, name_scope, resource_name, default_limit, description)
  SELECT id, service_id, region_id, name_scope, resource_name, default_limit, description FROM registered_limit;

-- only SQLITE
CREATE TABLE resource_limit_now (
  id VARCHAR(64) PRIMARY KEY,
  registered_limit_id VARCHAR(64) NOT NULL REFERENCES registered_limit_now (id),
  project_id VARCHAR(64) REFERENCES project (id) ON DELETE CASCADE,
  domain_id VARCHAR(64) REFERENCES project (id) ON DELETE CASCADE,
  owner VARCHAR(64) NOT NULL,
  resource_limit BIGINT NOT NULL,
  description ${text}
);

-- only SQLITE
INSERT INTO resource_limit_now (id, registered_limit_id, project_id, domain_id, owner, resource_limit, description)
  SELECT id, registered_limit_id, project_id, domain_id, owner, resource_limit, description FROM resource_limit;

-- only SQLITE
DROP TABLE resource_limit;

-- only SQLITE
DROP TABLE registered_limit;

-- only SQLITE
ALTER TABLE registered_limit_now RENAME TO registered_limit;

-- only SQLITE
ALTER TABLE resource_limit_now RENAME TO resource_limit;

-- only SQLITE
CREATE UNIQUE INDEX registered_limit_name
  ON registered_limit (service_id, name_scope, resource_name);

-- only SQLITE
CREATE UNIQUE INDEX resource_limit_owner ON resource_limit (registered_limit_id, owner);

-- only POSTGRESQL
ALTER TABLE registered_limit DROP CONSTRAINT registered_limit_service_id_fkey;

-- only POSTGRESQL
ALTER TABLE registered_limit DROP CONSTRAINT registered_limit_region_id_fkey;

-- only MARIADB
ALTER TABLE registered_limit DROP FOREIGN KEY IF EXISTS registered_limit_ibfk_1;

-- only MARIADB
ALTER TABLE registered_limit DROP FOREIGN KEY IF EXISTS registered_limit_ibfk_2;
