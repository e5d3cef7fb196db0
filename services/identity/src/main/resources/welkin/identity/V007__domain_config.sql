CREATE TABLE domain_config (
  domain_id VARCHAR(64) NOT NULL REFERENCES project (id) ON DELETE CASCADE,
  option_group VARCHAR(64) NOT NULL,
  option_name VARCHAR(128) NOT NULL,
  sealed ${text} NOT NULL,
  PRIMARY KEY (domain_id, option_group, option_name)
);
