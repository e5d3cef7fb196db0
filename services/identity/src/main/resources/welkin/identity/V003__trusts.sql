CREATE TABLE trust (
  id VARCHAR(64) PRIMARY KEY,
  trustor_id VARCHAR(64) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  trustee_id VARCHAR(64) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  project_id VARCHAR(64) NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  impersonation INTEGER NOT NULL,
  expires_at BIGINT,
  remaining_uses INTEGER,
  redelegated_trust_id VARCHAR(64) REFERENCES trust (id) ON DELETE CASCADE,
  redelegation_count INTEGER NOT NULL
);

CREATE INDEX trust_trustor ON trust (trustor_id);
CREATE INDEX trust_trustee ON trust (trustee_id);

CREATE TABLE trust_role (
  trust_id VARCHAR(64) NOT NULL REFERENCES trust (id) ON DELETE CASCADE,
  role_id VARCHAR(64) NOT NULL REFERENCES role (id) ON DELETE CASCADE,
  PRIMARY KEY (trust_id, role_id)
);
