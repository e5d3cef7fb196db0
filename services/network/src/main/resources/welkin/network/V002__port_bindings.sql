CREATE TABLE port_binding (
  port_id VARCHAR(36) NOT NULL,
  host VARCHAR(255) NOT NULL,
  vif_type VARCHAR(64) NOT NULL,
  vif_details ${text} NOT NULL,
  vnic_type VARCHAR(64) NOT NULL,
  profile ${text} NOT NULL,
  plugged INTEGER NOT NULL,
  PRIMARY KEY (port_id, host)
);
CREATE INDEX port_binding_host ON port_binding (host);
