CREATE TABLE oauth1_consumer (
  id VARCHAR(64) PRIMARY KEY,
  description ${text},
  encrypted_secret ${text} NOT NULL,
  extra ${text} NOT NULL
);

CREATE TABLE oauth1_request_token (
  id VARCHAR(64) PRIMARY KEY,
  consumer_id VARCHAR(64) NOT NULL REFERENCES oauth1_consumer (id) ON DELETE CASCADE,
  project_id VARCHAR(64) NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  encrypted_secret ${text} NOT NULL,
  verifier VARCHAR(64),
  user_id VARCHAR(64) REFERENCES users (id) ON DELETE CASCADE,
  roles ${text} NOT NULL,
  expires_at BIGINT NOT NULL
);

CREATE TABLE oauth1_access_token (
  id VARCHAR(64) PRIMARY KEY,
  consumer_id VARCHAR(64) NOT NULL REFERENCES oauth1_consumer (id) ON DELETE CASCADE,
  project_id VARCHAR(64) NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  user_id VARCHAR(64) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  encrypted_secret ${text} NOT NULL,
  roles ${text} NOT NULL,
  expires_at BIGINT
);

CREATE INDEX oauth1_access_token_user ON oauth1_access_token (user_id);

CREATE TABLE oauth1_nonce (
  nonce_key VARCHAR(255) PRIMARY KEY,
  at BIGINT NOT NULL
);
