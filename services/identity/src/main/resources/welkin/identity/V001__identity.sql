CREATE TABLE project (
  id VARCHAR(64) PRIMARY KEY,
  domain_id VARCHAR(64) REFERENCES project (id) ON DELETE CASCADE,
  parent_id VARCHAR(64) REFERENCES project (id) ON DELETE CASCADE,
  name_scope VARCHAR(64) NOT NULL,
  name VARCHAR(255) NOT NULL,
  is_domain INTEGER NOT NULL,
  enabled INTEGER NOT NULL,
  description ${text},
  tags ${text} NOT NULL,
  extra ${text} NOT NULL,
  options ${text} NOT NULL
);

CREATE UNIQUE INDEX project_name ON project (name_scope, name);
CREATE INDEX project_parent ON project (parent_id);
CREATE INDEX project_domain ON project (domain_id);

CREATE TABLE project_tag (
  project_id VARCHAR(64) NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  name VARCHAR(255) NOT NULL,
  PRIMARY KEY (project_id, name)
);

CREATE TABLE users (
  id VARCHAR(64) PRIMARY KEY,
  domain_id VARCHAR(64) NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  name VARCHAR(255) NOT NULL,
  enabled INTEGER NOT NULL,
  default_project_id VARCHAR(64),
  password_hash VARCHAR(255),
  password_created_at BIGINT,
  password_expires_at BIGINT,
  extra ${text} NOT NULL,
  options ${text} NOT NULL
);

CREATE UNIQUE INDEX users_name ON users (domain_id, name);

CREATE TABLE user_group (
  id VARCHAR(64) PRIMARY KEY,
  domain_id VARCHAR(64) NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  name VARCHAR(64) NOT NULL,
  description ${text},
  extra ${text} NOT NULL
);

CREATE UNIQUE INDEX user_group_name ON user_group (domain_id, name);

CREATE TABLE membership (
  user_id VARCHAR(64) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  group_id VARCHAR(64) NOT NULL REFERENCES user_group (id) ON DELETE CASCADE,
  PRIMARY KEY (user_id, group_id)
);

CREATE INDEX membership_group ON membership (group_id);

CREATE TABLE role (
  id VARCHAR(64) PRIMARY KEY,
  domain_id VARCHAR(64) REFERENCES project (id) ON DELETE CASCADE,
  name_scope VARCHAR(64) NOT NULL,
  name VARCHAR(255) NOT NULL,
  description ${text},
  extra ${text} NOT NULL,
  options ${text} NOT NULL
);

CREATE UNIQUE INDEX role_name ON role (name_scope, name);

CREATE TABLE implied_role (
  prior_role_id VARCHAR(64) NOT NULL REFERENCES role (id) ON DELETE CASCADE,
  implied_role_id VARCHAR(64) NOT NULL REFERENCES role (id) ON DELETE CASCADE,
  PRIMARY KEY (prior_role_id, implied_role_id)
);

CREATE TABLE assignment (
  assignment_key VARCHAR(255) PRIMARY KEY,
  user_id VARCHAR(64) REFERENCES users (id) ON DELETE CASCADE,
  group_id VARCHAR(64) REFERENCES user_group (id) ON DELETE CASCADE,
  project_id VARCHAR(64) REFERENCES project (id) ON DELETE CASCADE,
  domain_id VARCHAR(64) REFERENCES project (id) ON DELETE CASCADE,
  system_scope INTEGER NOT NULL,
  role_id VARCHAR(64) NOT NULL REFERENCES role (id) ON DELETE CASCADE,
  inherited INTEGER NOT NULL
);

CREATE INDEX assignment_user ON assignment (user_id);
CREATE INDEX assignment_group ON assignment (group_id);
CREATE INDEX assignment_project ON assignment (project_id);
CREATE INDEX assignment_domain ON assignment (domain_id);
CREATE INDEX assignment_role ON assignment (role_id);

CREATE TABLE region (
  id VARCHAR(255) PRIMARY KEY,
  description ${text} NOT NULL,
  parent_region_id VARCHAR(255) REFERENCES region (id),
  extra ${text} NOT NULL
);

CREATE TABLE service (
  id VARCHAR(64) PRIMARY KEY,
  type VARCHAR(255) NOT NULL,
  name VARCHAR(255) NOT NULL,
  enabled INTEGER NOT NULL,
  extra ${text} NOT NULL
);

CREATE TABLE endpoint (
  id VARCHAR(64) PRIMARY KEY,
  interface VARCHAR(8) NOT NULL,
  region_id VARCHAR(255) REFERENCES region (id),
  service_id VARCHAR(64) NOT NULL REFERENCES service (id) ON DELETE CASCADE,
  url ${text} NOT NULL,
  enabled INTEGER NOT NULL,
  extra ${text} NOT NULL
);

CREATE INDEX endpoint_service ON endpoint (service_id);
CREATE INDEX endpoint_region ON endpoint (region_id);

CREATE TABLE bootstrap_endpoint (
  endpoint_id VARCHAR(64) PRIMARY KEY REFERENCES endpoint (id) ON DELETE CASCADE,
  path VARCHAR(255) NOT NULL
);

CREATE TABLE credential (
  id VARCHAR(64) PRIMARY KEY,
  user_id VARCHAR(64) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  project_id VARCHAR(64) REFERENCES project (id) ON DELETE CASCADE,
  type VARCHAR(255) NOT NULL,
  encrypted_blob ${text} NOT NULL,
  extra ${text} NOT NULL
);

CREATE INDEX credential_user ON credential (user_id);
CREATE INDEX credential_project ON credential (project_id);

CREATE TABLE application_credential (
  id VARCHAR(64) PRIMARY KEY,
  user_id VARCHAR(64) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  project_id VARCHAR(64) NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  name VARCHAR(255) NOT NULL,
  description ${text},
  secret_hash VARCHAR(255) NOT NULL,
  expires_at BIGINT,
  unrestricted INTEGER NOT NULL
);

CREATE UNIQUE INDEX application_credential_name ON application_credential (user_id, name);
CREATE INDEX application_credential_project ON application_credential (project_id);

CREATE TABLE application_credential_role (
  application_credential_id VARCHAR(64) NOT NULL
    REFERENCES application_credential (id) ON DELETE CASCADE,
  role_id VARCHAR(64) NOT NULL REFERENCES role (id) ON DELETE CASCADE,
  PRIMARY KEY (application_credential_id, role_id)
);

CREATE TABLE access_rule (
  id VARCHAR(64) PRIMARY KEY,
  user_id VARCHAR(64) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  service VARCHAR(64) NOT NULL,
  path VARCHAR(128) NOT NULL,
  method VARCHAR(16) NOT NULL
);

CREATE INDEX access_rule_user ON access_rule (user_id);

CREATE TABLE application_credential_access_rule (
  application_credential_id VARCHAR(64) NOT NULL
    REFERENCES application_credential (id) ON DELETE CASCADE,
  access_rule_id VARCHAR(64) NOT NULL REFERENCES access_rule (id),
  PRIMARY KEY (application_credential_id, access_rule_id)
);

CREATE TABLE revocation_event (
  seq ${autoid},
  audit_id VARCHAR(32),
  user_id VARCHAR(64),
  project_id VARCHAR(64),
  domain_id VARCHAR(64),
  issued_before BIGINT NOT NULL,
  revoked_at BIGINT NOT NULL
);

CREATE TABLE registered_limit (
  id VARCHAR(64) PRIMARY KEY,
  service_id VARCHAR(64) NOT NULL REFERENCES service (id),
  region_id VARCHAR(255) REFERENCES region (id),
  name_scope VARCHAR(255) NOT NULL,
  resource_name VARCHAR(255) NOT NULL,
  default_limit BIGINT NOT NULL,
  description ${text}
);

CREATE UNIQUE INDEX registered_limit_name
  ON registered_limit (service_id, name_scope, resource_name);

CREATE TABLE resource_limit (
  id VARCHAR(64) PRIMARY KEY,
  registered_limit_id VARCHAR(64) NOT NULL REFERENCES registered_limit (id),
  project_id VARCHAR(64) REFERENCES project (id) ON DELETE CASCADE,
  domain_id VARCHAR(64) REFERENCES project (id) ON DELETE CASCADE,
  owner VARCHAR(64) NOT NULL,
  resource_limit BIGINT NOT NULL,
  description ${text}
);

CREATE UNIQUE INDEX resource_limit_owner ON resource_limit (registered_limit_id, owner);
