-- Webhooks and what waits for them.

CREATE TABLE webhooks (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    url VARCHAR(500) NOT NULL,
    secret VARCHAR(255) NOT NULL, -- signs, so a hash would not do
    topics TEXT[] NOT NULL, -- '*': all
    is_active BOOLEAN NOT NULL DEFAULT true,
    created_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp()
);

-- Of what the log does not hold (sharing, sessions, administration): one row for each webhook that
-- asks for the topic, written in the transaction of the change.
CREATE TABLE outbox (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    event_id UUID NOT NULL, -- one for all webhooks: by it a receiver knows a repeated delivery
    webhook_id UUID NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE, -- for it alone
    topic VARCHAR(100) NOT NULL,
    dashboard_id UUID, -- no foreign key: that a dashboard was deleted is told after it is gone
    payload JSONB NOT NULL,
    created_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    attempts INTEGER NOT NULL DEFAULT 0,
    next_attempt_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(), -- or until when it is claimed
    last_error TEXT,
    delivered_at TIMESTAMPTZ,
    died_at TIMESTAMPTZ -- given up: a dead letter
);

-- The lanes: of each webhook and dashboard what waits, the oldest first.
CREATE INDEX idx_outbox_waiting ON outbox (webhook_id, dashboard_id, id)
    WHERE delivered_at IS NULL AND died_at IS NULL;
CREATE INDEX idx_outbox_dead ON outbox (id) WHERE died_at IS NOT NULL;
CREATE INDEX idx_outbox_delivered ON outbox (delivered_at) WHERE delivered_at IS NOT NULL;

-- Of what the log holds: how far each webhook has been told of each dashboard. No row: nothing yet.
CREATE TABLE webhook_cursors (
    -- Means nothing without both of its ends.
    dashboard_id UUID NOT NULL REFERENCES dashboards (id) ON DELETE CASCADE,
    webhook_id UUID NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
    version INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0, -- since the version last rose
    next_attempt_at TIMESTAMPTZ NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (dashboard_id, webhook_id)
);
