CREATE TABLE event (
  seq ${autoid},
  at BIGINT NOT NULL,
  type VARCHAR(255) NOT NULL,
  project_id VARCHAR(64),
  user_id VARCHAR(64),
  request_id VARCHAR(64),
  resource_id VARCHAR(255),
  payload ${text}
);

CREATE TABLE idempotency (
  claim_key VARCHAR(255) PRIMARY KEY,
  fingerprint VARCHAR(64) NOT NULL,
  resource_id VARCHAR(255),
  status INTEGER,
  answer ${text},
  at BIGINT NOT NULL
);

CREATE TABLE quota_limit (
  project_id VARCHAR(64) NOT NULL,
  resource VARCHAR(64) NOT NULL,
  hard_limit BIGINT NOT NULL,
  PRIMARY KEY (project_id, resource)
);

CREATE TABLE quota_usage (
  project_id VARCHAR(64) NOT NULL,
  resource VARCHAR(64) NOT NULL,
  used BIGINT NOT NULL,
  PRIMARY KEY (project_id, resource)
);

CREATE TABLE workflow (
  id VARCHAR(36) PRIMARY KEY,
  kind VARCHAR(64) NOT NULL,
  version INTEGER NOT NULL,
  subject VARCHAR(64) NOT NULL,
  input ${text} NOT NULL,
  context ${text},
  state VARCHAR(16) NOT NULL,
  owner VARCHAR(64),
  lease_until BIGINT,
  deadline BIGINT NOT NULL,
  reason ${text},
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE INDEX workflow_live ON workflow (state, lease_until);
CREATE INDEX workflow_subject ON workflow (subject, state);

CREATE TABLE workflow_step (
  workflow_id VARCHAR(36) NOT NULL,
  position INTEGER NOT NULL,
  name VARCHAR(64) NOT NULL,
  state VARCHAR(16) NOT NULL,
  result ${text},
  PRIMARY KEY (workflow_id, position)
);

CREATE TABLE workflow_signal (
  workflow_id VARCHAR(36) NOT NULL,
  name VARCHAR(255) NOT NULL,
  payload ${text},
  PRIMARY KEY (workflow_id, name)
);
