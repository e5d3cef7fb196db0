CREATE INDEX idempotency_at ON idempotency (at);
