CREATE TABLE network (
  id VARCHAR(36) PRIMARY KEY,
  project_id VARCHAR(255),
  name VARCHAR(255),
  description VARCHAR(255),
  status VARCHAR(16),
  admin_state_up INTEGER,
  shared INTEGER,
  external INTEGER,
  is_default INTEGER,
  mtu INTEGER,
  port_security_enabled INTEGER,
  network_type VARCHAR(32),
  physical_network VARCHAR(64),
  segmentation_id INTEGER,
  revision_number BIGINT NOT NULL,
  created_at VARCHAR(32) NOT NULL,
  updated_at VARCHAR(32) NOT NULL,
  doc ${text} NOT NULL,
  admin_doc ${text} NOT NULL
);
CREATE INDEX network_project ON network (project_id);
CREATE INDEX network_name ON network (name);

CREATE TABLE segment (
  network_type VARCHAR(32) NOT NULL,
  physical_network VARCHAR(64) NOT NULL,
  segmentation_id INTEGER NOT NULL,
  network_id VARCHAR(36) NOT NULL,
  PRIMARY KEY (network_type, physical_network, segmentation_id)
);
CREATE INDEX segment_network ON segment (network_id);

CREATE TABLE subnet (
  id VARCHAR(36) PRIMARY KEY,
  project_id VARCHAR(255),
  network_id VARCHAR(36) NOT NULL,
  name VARCHAR(255),
  description VARCHAR(255),
  ip_version INTEGER,
  cidr VARCHAR(64),
  gateway_ip VARCHAR(64),
  enable_dhcp INTEGER,
  ipv6_ra_mode VARCHAR(32),
  ipv6_address_mode VARCHAR(32),
  subnetpool_id VARCHAR(36),
  external INTEGER,
  revision_number BIGINT NOT NULL,
  created_at VARCHAR(32) NOT NULL,
  updated_at VARCHAR(32) NOT NULL,
  doc ${text} NOT NULL,
  admin_doc ${text} NOT NULL
);
CREATE INDEX subnet_network ON subnet (network_id);
CREATE INDEX subnet_project ON subnet (project_id);

CREATE TABLE port (
  id VARCHAR(36) PRIMARY KEY,
  project_id VARCHAR(255),
  network_id VARCHAR(36) NOT NULL,
  name VARCHAR(255),
  description VARCHAR(255),
  mac_address VARCHAR(32) NOT NULL,
  status VARCHAR(16),
  admin_state_up INTEGER,
  device_id VARCHAR(255),
  device_owner VARCHAR(255),
  host VARCHAR(255),
  vnic_type VARCHAR(64),
  vif_type VARCHAR(64),
  port_security_enabled INTEGER,
  dns_name VARCHAR(255),
  revision_number BIGINT NOT NULL,
  created_at VARCHAR(32) NOT NULL,
  updated_at VARCHAR(32) NOT NULL,
  doc ${text} NOT NULL,
  admin_doc ${text} NOT NULL
);
CREATE UNIQUE INDEX port_mac ON port (network_id, mac_address);
CREATE INDEX port_host ON port (host, network_id);
CREATE INDEX port_network_host ON port (network_id, host);
CREATE INDEX port_project ON port (project_id);
CREATE INDEX port_device ON port (device_id);

CREATE TABLE ip_allocation (
  subnet_id VARCHAR(36) NOT NULL,
  address VARCHAR(32) NOT NULL,
  ip VARCHAR(64) NOT NULL,
  port_id VARCHAR(36) NOT NULL,
  network_id VARCHAR(36) NOT NULL,
  PRIMARY KEY (subnet_id, address)
);
CREATE INDEX ip_allocation_port ON ip_allocation (port_id);
CREATE INDEX ip_allocation_ip ON ip_allocation (ip);

CREATE TABLE port_group (
  group_id VARCHAR(36) NOT NULL,
  port_id VARCHAR(36) NOT NULL,
  PRIMARY KEY (group_id, port_id)
);
CREATE INDEX port_group_port ON port_group (port_id);

CREATE TABLE security_group (
  id VARCHAR(36) PRIMARY KEY,
  project_id VARCHAR(255),
  name VARCHAR(255),
  description VARCHAR(255),
  stateful INTEGER,
  revision_number BIGINT NOT NULL,
  created_at VARCHAR(32) NOT NULL,
  updated_at VARCHAR(32) NOT NULL,
  doc ${text} NOT NULL,
  admin_doc ${text} NOT NULL
);
CREATE INDEX security_group_project ON security_group (project_id);

CREATE TABLE default_group (
  project_id VARCHAR(255) PRIMARY KEY,
  group_id VARCHAR(36) NOT NULL
);

CREATE TABLE security_group_rule (
  id VARCHAR(36) PRIMARY KEY,
  project_id VARCHAR(255),
  security_group_id VARCHAR(36) NOT NULL,
  remote_group_id VARCHAR(36),
  direction VARCHAR(16),
  ethertype VARCHAR(16),
  protocol VARCHAR(32),
  port_range_min INTEGER,
  port_range_max INTEGER,
  remote_ip_prefix VARCHAR(64),
  description VARCHAR(255),
  fingerprint VARCHAR(255) NOT NULL,
  revision_number BIGINT NOT NULL,
  created_at VARCHAR(32) NOT NULL,
  updated_at VARCHAR(32) NOT NULL,
  doc ${text} NOT NULL,
  admin_doc ${text} NOT NULL
);
CREATE UNIQUE INDEX security_group_rule_once ON security_group_rule (security_group_id, fingerprint);
CREATE INDEX security_group_rule_remote ON security_group_rule (remote_group_id);
CREATE INDEX security_group_rule_project ON security_group_rule (project_id);

CREATE TABLE router (
  id VARCHAR(36) PRIMARY KEY,
  project_id VARCHAR(255),
  name VARCHAR(255),
  description VARCHAR(255),
  status VARCHAR(16),
  admin_state_up INTEGER,
  host VARCHAR(255),
  revision_number BIGINT NOT NULL,
  created_at VARCHAR(32) NOT NULL,
  updated_at VARCHAR(32) NOT NULL,
  doc ${text} NOT NULL,
  admin_doc ${text} NOT NULL
);
CREATE INDEX router_project ON router (project_id);
CREATE INDEX router_host ON router (host);

CREATE TABLE router_leg (
  port_id VARCHAR(36) PRIMARY KEY,
  router_id VARCHAR(36) NOT NULL,
  network_id VARCHAR(36) NOT NULL,
  gateway INTEGER NOT NULL
);
CREATE INDEX router_leg_router ON router_leg (router_id);
CREATE INDEX router_leg_network ON router_leg (network_id);

CREATE TABLE floatingip (
  id VARCHAR(36) PRIMARY KEY,
  project_id VARCHAR(255),
  floating_network_id VARCHAR(36) NOT NULL,
  floating_ip_address VARCHAR(64) NOT NULL,
  floating_port_id VARCHAR(36) NOT NULL,
  port_id VARCHAR(36),
  fixed_ip_address VARCHAR(64),
  router_id VARCHAR(36),
  status VARCHAR(16),
  description VARCHAR(255),
  revision_number BIGINT NOT NULL,
  created_at VARCHAR(32) NOT NULL,
  updated_at VARCHAR(32) NOT NULL,
  doc ${text} NOT NULL,
  admin_doc ${text} NOT NULL
);
CREATE INDEX floatingip_project ON floatingip (project_id);
CREATE INDEX floatingip_port ON floatingip (port_id);
CREATE INDEX floatingip_router ON floatingip (router_id);
CREATE INDEX floatingip_address ON floatingip (floating_ip_address);

CREATE TABLE rbac_policy (
  id VARCHAR(36) PRIMARY KEY,
  project_id VARCHAR(255),
  object_type VARCHAR(64) NOT NULL,
  object_id VARCHAR(36) NOT NULL,
  action VARCHAR(64) NOT NULL,
  target_tenant VARCHAR(255) NOT NULL,
  revision_number BIGINT NOT NULL,
  created_at VARCHAR(32) NOT NULL,
  updated_at VARCHAR(32) NOT NULL,
  doc ${text} NOT NULL,
  admin_doc ${text} NOT NULL
);
CREATE UNIQUE INDEX rbac_policy_once ON rbac_policy (object_id, action, target_tenant);

CREATE TABLE tag (
  resource_id VARCHAR(36) NOT NULL,
  tag VARCHAR(255) NOT NULL,
  PRIMARY KEY (resource_id, tag)
);
CREATE INDEX tag_tag ON tag (tag);

CREATE TABLE agent (
  id VARCHAR(36) PRIMARY KEY,
  project_id VARCHAR(255),
  agent_type VARCHAR(64) NOT NULL,
  binary_name VARCHAR(64) NOT NULL,
  host VARCHAR(255) NOT NULL,
  admin_state_up INTEGER NOT NULL,
  description VARCHAR(255),
  configurations ${text} NOT NULL,
  created_at VARCHAR(32) NOT NULL,
  started_at VARCHAR(32) NOT NULL,
  heartbeat BIGINT NOT NULL
);
CREATE UNIQUE INDEX agent_once ON agent (agent_type, host);

CREATE TABLE dhcp_binding (
  network_id VARCHAR(36) PRIMARY KEY,
  host VARCHAR(255) NOT NULL
);
CREATE INDEX dhcp_binding_host ON dhcp_binding (host);

CREATE TABLE host_cursor (
  id INTEGER PRIMARY KEY,
  seq BIGINT NOT NULL,
  floor BIGINT NOT NULL
);
INSERT INTO host_cursor (id, seq, floor) VALUES (1, 1, 0);

CREATE TABLE host_change (
  host VARCHAR(255) NOT NULL,
  kind VARCHAR(16) NOT NULL,
  object_id VARCHAR(36) NOT NULL,
  seq BIGINT NOT NULL,
  PRIMARY KEY (host, kind, object_id)
);
CREATE INDEX host_change_seq ON host_change (host, seq);

CREATE TABLE host_dirty (
  kind VARCHAR(16) NOT NULL,
  object_id VARCHAR(36) NOT NULL,
  PRIMARY KEY (kind, object_id)
);
