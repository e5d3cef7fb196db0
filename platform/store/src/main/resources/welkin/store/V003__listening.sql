CREATE TABLE listening (
  name VARCHAR(64) PRIMARY KEY,
  ticked_at BIGINT NOT NULL,
  reading BIGINT NOT NULL
);
