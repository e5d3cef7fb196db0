ALTER TABLE workflow ADD COLUMN result ${text};

CREATE INDEX workflow_owner ON workflow (owner, state);

ALTER TABLE idempotency ADD COLUMN holder VARCHAR(64);

ALTER TABLE idempotency ADD COLUMN claimed_at BIGINT;

CREATE TABLE turn (
  name VARCHAR(64) PRIMARY KEY,
  holder VARCHAR(64) NOT NULL,
  next_at BIGINT NOT NULL
);
