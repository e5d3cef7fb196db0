CREATE TABLE keypair (
  id ${autoid},
  user_id VARCHAR(64) NOT NULL,
  name VARCHAR(255) NOT NULL,
  type VARCHAR(8) NOT NULL,
  fingerprint VARCHAR(255) NOT NULL,
  public_key ${text} NOT NULL,
  created_at BIGINT NOT NULL,
  UNIQUE (user_id, name)
);

CREATE TABLE flavor (
  flavor_id VARCHAR(255) PRIMARY KEY,
  name VARCHAR(255) NOT NULL UNIQUE,
  vcpus INTEGER NOT NULL,
  ram INTEGER NOT NULL,
  disk INTEGER NOT NULL,
  ephemeral INTEGER NOT NULL,
  swap INTEGER NOT NULL,
  rxtx_factor DOUBLE PRECISION NOT NULL,
  disabled INTEGER NOT NULL,
  is_public INTEGER NOT NULL,
  description ${text},
  extra_specs ${text} NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE flavor_access (
  flavor_id VARCHAR(255) NOT NULL,
  project_id VARCHAR(64) NOT NULL,
  PRIMARY KEY (flavor_id, project_id)
);
