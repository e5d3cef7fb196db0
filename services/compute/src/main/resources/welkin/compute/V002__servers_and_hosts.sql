CREATE TABLE server (
  id VARCHAR(36) PRIMARY KEY,
  project_id VARCHAR(64) NOT NULL,
  user_id VARCHAR(64),
  name VARCHAR(255) NOT NULL,
  hostname VARCHAR(255) NOT NULL,
  description ${text},
  vm_state VARCHAR(32) NOT NULL,
  task_state VARCHAR(64),
  power_state INTEGER NOT NULL,
  progress INTEGER NOT NULL,
  locked_by VARCHAR(16),
  locked_reason VARCHAR(255),
  host VARCHAR(255),
  node VARCHAR(255),
  zone VARCHAR(255),
  pinned_zone VARCHAR(255),
  image_id VARCHAR(36),
  flavor_id VARCHAR(255) NOT NULL,
  flavor ${text} NOT NULL,
  key_name VARCHAR(255),
  config_drive INTEGER NOT NULL,
  reservation_id VARCHAR(32) NOT NULL,
  launch_index INTEGER NOT NULL,
  root_device VARCHAR(32),
  access_ip_v4 VARCHAR(64),
  access_ip_v6 VARCHAR(64),
  disk_config VARCHAR(8) NOT NULL,
  metadata ${text} NOT NULL,
  tags ${text} NOT NULL,
  security_groups ${text} NOT NULL,
  nics ${text} NOT NULL,
  user_data ${text},
  boot ${text} NOT NULL,
  fault ${text},
  why ${text},
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  launched_at BIGINT,
  terminated_at BIGINT,
  deleted INTEGER NOT NULL
);

CREATE INDEX server_list ON server (deleted, project_id, created_at, id);
CREATE INDEX server_all ON server (deleted, created_at, id);
CREATE INDEX server_host ON server (deleted, host);
CREATE INDEX server_changes ON server (updated_at);

CREATE TABLE instance_action (
  id ${autoid},
  server_id VARCHAR(36) NOT NULL,
  action VARCHAR(64) NOT NULL,
  request_id VARCHAR(64) NOT NULL,
  user_id VARCHAR(64),
  project_id VARCHAR(64),
  start_time BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  message VARCHAR(255)
);

CREATE INDEX instance_action_server ON instance_action (server_id, request_id);

CREATE TABLE instance_action_event (
  id ${autoid},
  server_id VARCHAR(36) NOT NULL,
  request_id VARCHAR(64) NOT NULL,
  event VARCHAR(64) NOT NULL,
  start_time BIGINT NOT NULL,
  finish_time BIGINT,
  result VARCHAR(16),
  details ${text},
  host VARCHAR(255)
);

CREATE INDEX instance_action_event_action ON instance_action_event (server_id, request_id);

CREATE TABLE service (
  id ${autoid},
  uuid VARCHAR(36) NOT NULL UNIQUE,
  program VARCHAR(64) NOT NULL,
  host VARCHAR(255) NOT NULL,
  disabled INTEGER NOT NULL,
  disabled_reason VARCHAR(255),
  forced_down INTEGER NOT NULL,
  seen_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT,
  UNIQUE (program, host)
);

CREATE TABLE compute_node (
  id ${autoid},
  uuid VARCHAR(36) NOT NULL UNIQUE,
  host VARCHAR(255) NOT NULL UNIQUE,
  report ${text} NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE TABLE aggregate (
  id ${autoid},
  uuid VARCHAR(36) NOT NULL UNIQUE,
  name VARCHAR(255) NOT NULL UNIQUE,
  metadata ${text} NOT NULL,
  hosts ${text} NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT
);

CREATE TABLE server_group (
  id VARCHAR(36) PRIMARY KEY,
  project_id VARCHAR(64) NOT NULL,
  user_id VARCHAR(64) NOT NULL,
  name VARCHAR(255) NOT NULL,
  policy VARCHAR(32) NOT NULL,
  rules ${text} NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE server_group_member (
  group_id VARCHAR(36) NOT NULL,
  server_id VARCHAR(36) NOT NULL,
  PRIMARY KEY (group_id, server_id)
);
