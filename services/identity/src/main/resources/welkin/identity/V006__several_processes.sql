CREATE TABLE epoch (
  id INTEGER PRIMARY KEY,
  ended BIGINT NOT NULL
);

INSERT INTO epoch (id, ended) VALUES (1, 0);

CREATE TABLE fernet_key (
  repository VARCHAR(16) NOT NULL,
  number INTEGER NOT NULL,
  sealed ${text} NOT NULL,
  since BIGINT NOT NULL,
  PRIMARY KEY (repository, number)
);
