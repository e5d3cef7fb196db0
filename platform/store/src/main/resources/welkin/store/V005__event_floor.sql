CREATE TABLE event_floor (
  id INTEGER PRIMARY KEY,
  seq BIGINT NOT NULL
);

INSERT INTO event_floor (id, seq) VALUES (1, 0);
