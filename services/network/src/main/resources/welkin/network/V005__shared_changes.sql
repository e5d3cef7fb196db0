CREATE TABLE IF NOT EXISTS shared_change (
  seq BIGINT NOT NULL,
  part VARCHAR(16) NOT NULL,
  object_id VARCHAR(36) NOT NULL,
  entry VARCHAR(255) NOT NULL,
  PRIMARY KEY (seq, part, object_id, entry)
);
