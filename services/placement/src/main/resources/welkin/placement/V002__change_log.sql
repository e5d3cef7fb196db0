CREATE TABLE provider_change (
  seq ${autoid},
  provider VARCHAR(36) NOT NULL
);
