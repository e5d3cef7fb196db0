CREATE TABLE policy (
  id VARCHAR(64) PRIMARY KEY,
  type VARCHAR(255) NOT NULL,
  policy_blob ${text} NOT NULL,
  extra ${text} NOT NULL
);

CREATE TABLE policy_association (
  association_key VARCHAR(400) PRIMARY KEY,
  policy_id VARCHAR(64) NOT NULL REFERENCES policy (id) ON DELETE CASCADE,
  endpoint_id VARCHAR(64) REFERENCES endpoint (id) ON DELETE CASCADE,
  service_id VARCHAR(64) REFERENCES service (id) ON DELETE CASCADE,
  region_id VARCHAR(255) REFERENCES region (id) ON DELETE CASCADE
);

CREATE INDEX policy_association_policy ON policy_association (policy_id);

CREATE TABLE endpoint_group (
  id VARCHAR(64) PRIMARY KEY,
  name VARCHAR(255) NOT NULL,
  description ${text},
  filters ${text} NOT NULL
);

CREATE TABLE project_endpoint (
  project_id VARCHAR(64) NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  endpoint_id VARCHAR(64) NOT NULL REFERENCES endpoint (id) ON DELETE CASCADE,
  PRIMARY KEY (project_id, endpoint_id)
);

CREATE TABLE project_endpoint_group (
  project_id VARCHAR(64) NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  endpoint_group_id VARCHAR(64) NOT NULL REFERENCES endpoint_group (id) ON DELETE CASCADE,
  PRIMARY KEY (project_id, endpoint_group_id)
);
