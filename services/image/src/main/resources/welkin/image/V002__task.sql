CREATE TABLE image_task (
  id VARCHAR(36) PRIMARY KEY,
  image_id VARCHAR(36) NOT NULL,
  owner VARCHAR(255),
  user_id VARCHAR(64),
  request_id VARCHAR(64),
  status VARCHAR(16) NOT NULL,
  message ${text},
  input ${text} NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE INDEX image_task_image ON image_task (image_id);
