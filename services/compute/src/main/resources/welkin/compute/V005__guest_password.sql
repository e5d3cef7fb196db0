CREATE TABLE guest_password (
  server_id VARCHAR(36) PRIMARY KEY,
  password VARCHAR(1020) NOT NULL
);
