CREATE TABLE last_used (
  kind VARCHAR(32) NOT NULL,
  id VARCHAR(64) NOT NULL,
  used_at BIGINT NOT NULL,
  PRIMARY KEY (kind, id)
);

CREATE INDEX last_used_at ON last_used (kind, used_at);
