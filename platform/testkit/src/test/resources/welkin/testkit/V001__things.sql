CREATE TABLE thing (
  id ${autoid},
  name VARCHAR(255) NOT NULL UNIQUE,
  note VARCHAR(255),
  flag INTEGER NOT NULL,
  weight DOUBLE PRECISION,
  document ${text},
  bytes ${blob},
  at BIGINT
);

CREATE INDEX thing_note ON thing (note, name);

CREATE TABLE part (
  thing VARCHAR(255) NOT NULL REFERENCES thing (name) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  PRIMARY KEY (thing, position)
);

INSERT INTO thing (name, flag) VALUES ('first', 1);
