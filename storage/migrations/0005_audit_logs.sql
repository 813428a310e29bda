-- Who did what to which entity, written in the transaction of the change.

CREATE TABLE audit_logs (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    -- No foreign keys. What happened stays true when the account or the dashboard is gone, and SET
    -- NULL would take away from the evidence just whom and what it is about. Nor does a change
    -- then wait for a lock on a user or a dashboard only because it is recorded.
    user_id UUID,
    dashboard_id UUID,
    action VARCHAR(100) NOT NULL,
    entity_type VARCHAR(50) NOT NULL,
    entity_id UUID,
    old_values JSONB,
    new_values JSONB,
    ip_address INET,
    user_agent TEXT,
    -- The clock, not the beginning of the transaction: what one transaction records is in order.
    created_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),

    PRIMARY KEY (id, created_at) -- of a partitioned table it must hold the partition column
) PARTITION BY RANGE (created_at);

-- Each in the order in which pages are read, the newest first.
CREATE INDEX idx_audit_created ON audit_logs (created_at DESC, id DESC);
CREATE INDEX idx_audit_user ON audit_logs (user_id, created_at DESC, id DESC);
CREATE INDEX idx_audit_dashboard ON audit_logs (dashboard_id, created_at DESC, id DESC);
CREATE INDEX idx_audit_entity ON audit_logs (entity_id, created_at DESC, id DESC);
CREATE INDEX idx_audit_action ON audit_logs (action, created_at DESC, id DESC);

-- No change may ever fail for want of a partition.
CREATE TABLE audit_logs_default PARTITION OF audit_logs DEFAULT;

SELECT ensure_monthly_partitions('audit_logs', 3);
