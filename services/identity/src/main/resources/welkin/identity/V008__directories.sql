CREATE TABLE id_mapping (
  public_id VARCHAR(64) PRIMARY KEY,
  domain_id VARCHAR(64) NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  entity_type VARCHAR(8) NOT NULL,
  local_id VARCHAR(255) NOT NULL,
  gone INTEGER NOT NULL
);

CREATE UNIQUE INDEX id_mapping_entry ON id_mapping (domain_id, entity_type, local_id);
