CREATE TABLE refused_login (
  id INTEGER PRIMARY KEY,
  refused_at BIGINT
);
