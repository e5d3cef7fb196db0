ALTER TABLE agent ADD COLUMN heard BIGINT NOT NULL DEFAULT 0;

ALTER TABLE agent ADD COLUMN stamp BIGINT NOT NULL DEFAULT 0;

CREATE TABLE compute_event (
  id VARCHAR(36) PRIMARY KEY,
  name VARCHAR(64) NOT NULL,
  server_id VARCHAR(255) NOT NULL,
  port_id VARCHAR(36) NOT NULL,
  status VARCHAR(16) NOT NULL,
  created_at BIGINT NOT NULL,
  sent_by BIGINT NOT NULL
);

CREATE INDEX compute_event_due ON compute_event (sent_by);
