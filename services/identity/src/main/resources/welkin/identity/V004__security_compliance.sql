CREATE TABLE login_record (
  user_id VARCHAR(64) PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
  failures INTEGER NOT NULL,
  failed_at BIGINT,
  active_at BIGINT
);

CREATE TABLE password_history (
  seq ${autoid},
  user_id VARCHAR(64) NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  password_hash VARCHAR(255) NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE INDEX password_history_user ON password_history (user_id);
