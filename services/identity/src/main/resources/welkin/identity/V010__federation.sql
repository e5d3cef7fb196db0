CREATE TABLE identity_provider (
  id VARCHAR(64) PRIMARY KEY,
  domain_id VARCHAR(64) NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  enabled INTEGER NOT NULL,
  description ${text},
  authorization_ttl INTEGER
);

CREATE INDEX identity_provider_domain ON identity_provider (domain_id);

CREATE TABLE identity_provider_remote_id (
  remote_id VARCHAR(255) PRIMARY KEY,
  idp_id VARCHAR(64) NOT NULL REFERENCES identity_provider (id) ON DELETE CASCADE
);

CREATE INDEX identity_provider_remote_id_idp ON identity_provider_remote_id (idp_id);

CREATE TABLE federation_mapping (
  id VARCHAR(64) PRIMARY KEY,
  rules ${text} NOT NULL,
  schema_version VARCHAR(8) NOT NULL
);

CREATE TABLE federation_protocol (
  idp_id VARCHAR(64) NOT NULL REFERENCES identity_provider (id) ON DELETE CASCADE,
  id VARCHAR(64) NOT NULL,
  mapping_id VARCHAR(64) NOT NULL,
  remote_id_attribute VARCHAR(64),
  PRIMARY KEY (idp_id, id)
);

CREATE TABLE service_provider (
  id VARCHAR(64) PRIMARY KEY,
  enabled INTEGER NOT NULL,
  description ${text},
  auth_url VARCHAR(256) NOT NULL,
  sp_url VARCHAR(256) NOT NULL,
  relay_state_prefix VARCHAR(256) NOT NULL
);

CREATE TABLE federated_user (
  idp_id VARCHAR(64) NOT NULL,
  protocol_id VARCHAR(64) NOT NULL,
  unique_id VARCHAR(255) NOT NULL,
  user_id VARCHAR(64) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  PRIMARY KEY (idp_id, protocol_id, unique_id),
  FOREIGN KEY (idp_id, protocol_id) REFERENCES federation_protocol (idp_id, id) ON DELETE CASCADE
);

CREATE INDEX federated_user_user ON federated_user (user_id);

CREATE TABLE expiring_membership (
  user_id VARCHAR(64) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  group_id VARCHAR(64) NOT NULL REFERENCES user_group (id) ON DELETE CASCADE,
  idp_id VARCHAR(64) NOT NULL REFERENCES identity_provider (id) ON DELETE CASCADE,
  expires_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, group_id, idp_id)
);

CREATE INDEX expiring_membership_group ON expiring_membership (group_id);
CREATE INDEX expiring_membership_idp ON expiring_membership (idp_id);

ALTER TABLE users ADD COLUMN shadow VARCHAR(64) NOT NULL DEFAULT '';

CREATE UNIQUE INDEX users_local_name ON users (domain_id, name, shadow);

DROP INDEX users_name ON users;
