CREATE TABLE saml_request (
  id VARCHAR(64) PRIMARY KEY,
  identity_provider_id VARCHAR(64) NOT NULL,
  protocol_id VARCHAR(255) NOT NULL,
  entity_id ${text},
  browser VARCHAR(64),
  return_to ${text} NOT NULL,
  expires_at BIGINT NOT NULL
);

CREATE INDEX saml_request_expiry ON saml_request (expires_at);

CREATE TABLE saml_session (
  id VARCHAR(64) PRIMARY KEY,
  identity_provider_id VARCHAR(64),
  protocol_id VARCHAR(255),
  proof ${text} NOT NULL,
  expires_at BIGINT NOT NULL
);

CREATE INDEX saml_session_expiry ON saml_session (expires_at);

CREATE TABLE saml_assertion (
  id VARCHAR(64) PRIMARY KEY,
  expires_at BIGINT NOT NULL
);

CREATE INDEX saml_assertion_expiry ON saml_assertion (expires_at);

CREATE TABLE saml_key (
  number INTEGER PRIMARY KEY,
  sealed ${text} NOT NULL,
  certificate ${text} NOT NULL,
  since BIGINT NOT NULL
);
