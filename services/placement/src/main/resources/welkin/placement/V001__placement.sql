CREATE TABLE provider (
  position ${autoid},
  uuid VARCHAR(36) NOT NULL UNIQUE,
  name VARCHAR(200) NOT NULL UNIQUE,
  generation INTEGER NOT NULL,
  parent VARCHAR(36),
  root VARCHAR(36) NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE INDEX provider_parent ON provider (parent);
CREATE INDEX provider_root ON provider (root);

CREATE TABLE resource_class (
  name VARCHAR(255) PRIMARY KEY,
  created_at BIGINT NOT NULL
);

CREATE TABLE trait (
  name VARCHAR(255) PRIMARY KEY,
  created_at BIGINT NOT NULL
);

CREATE TABLE inventory (
  provider VARCHAR(36) NOT NULL,
  class VARCHAR(255) NOT NULL,
  total BIGINT NOT NULL,
  reserved BIGINT NOT NULL,
  min_unit BIGINT NOT NULL,
  max_unit BIGINT NOT NULL,
  step_size BIGINT NOT NULL,
  allocation_ratio DOUBLE PRECISION NOT NULL,
  used BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (provider, class)
);

CREATE INDEX inventory_class ON inventory (class);

CREATE TABLE provider_trait (
  provider VARCHAR(36) NOT NULL,
  trait VARCHAR(255) NOT NULL,
  PRIMARY KEY (provider, trait)
);

CREATE INDEX provider_trait_trait ON provider_trait (trait);

CREATE TABLE provider_aggregate (
  provider VARCHAR(36) NOT NULL,
  aggregate VARCHAR(36) NOT NULL,
  PRIMARY KEY (provider, aggregate)
);

CREATE TABLE consumer (
  uuid VARCHAR(36) PRIMARY KEY,
  project_id VARCHAR(255) NOT NULL,
  user_id VARCHAR(255) NOT NULL,
  type VARCHAR(255),
  generation INTEGER NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);

CREATE INDEX consumer_project ON consumer (project_id, user_id);

CREATE TABLE allocation (
  consumer VARCHAR(36) NOT NULL,
  provider VARCHAR(36) NOT NULL,
  class VARCHAR(255) NOT NULL,
  used BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (consumer, provider, class)
);

CREATE INDEX allocation_provider ON allocation (provider, class);
