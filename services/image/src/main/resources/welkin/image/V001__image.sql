CREATE TABLE image (
  id VARCHAR(36) PRIMARY KEY,
  name VARCHAR(255),
  status VARCHAR(32) NOT NULL,
  visibility VARCHAR(16) NOT NULL,
  owner VARCHAR(255),
  disk_format VARCHAR(32),
  container_format VARCHAR(32),
  size BIGINT,
  virtual_size BIGINT,
  min_ram BIGINT NOT NULL,
  min_disk BIGINT NOT NULL,
  protected INTEGER NOT NULL,
  os_hidden INTEGER NOT NULL,
  checksum VARCHAR(32),
  os_hash_algo VARCHAR(64),
  os_hash_value VARCHAR(128),
  properties ${text} NOT NULL,
  tags ${text} NOT NULL,
  staged ${text},
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE INDEX image_owner ON image (owner);
CREATE INDEX image_visibility ON image (visibility, created_at);

CREATE TABLE image_property (
  image_id VARCHAR(36) NOT NULL,
  name VARCHAR(255) NOT NULL,
  value ${text} NOT NULL,
  PRIMARY KEY (image_id, name)
);

CREATE TABLE image_tag (
  image_id VARCHAR(36) NOT NULL,
  tag VARCHAR(255) NOT NULL,
  PRIMARY KEY (image_id, tag)
);

CREATE TABLE image_member (
  image_id VARCHAR(36) NOT NULL,
  member VARCHAR(255) NOT NULL,
  status VARCHAR(16) NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (image_id, member)
);

CREATE INDEX image_member_member ON image_member (member, status);
