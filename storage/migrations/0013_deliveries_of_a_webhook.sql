-- The deliveries of one webhook, newest first; and to find them when it is deleted.
CREATE INDEX idx_outbox_webhook ON outbox (webhook_id, id);
