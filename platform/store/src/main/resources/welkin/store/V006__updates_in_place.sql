CREATE INDEX workflow_state ON workflow (state, created_at);

DROP INDEX workflow_live ON workflow;

DROP INDEX workflow_owner ON workflow;

-- only POSTGRESQL
ALTER TABLE workflow SET (fillfactor = 70);

-- only POSTGRESQL
ALTER TABLE quota_usage SET (fillfactor = 50);
