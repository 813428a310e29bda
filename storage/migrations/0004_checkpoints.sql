-- States made durable at a version, and what each replica had committed by then.

CREATE TABLE checkpoints (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    dashboard_id UUID NOT NULL REFERENCES dashboards (id) ON DELETE CASCADE, -- a state of it
    version INTEGER NOT NULL,
    state JSONB NOT NULL,
    operations_count INTEGER NOT NULL DEFAULT 0, -- since the checkpoint before
    created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    -- History outlives people. NULL also where the system wrote it.
    created_by UUID REFERENCES users (id) ON DELETE SET NULL,
    is_major BOOLEAN NOT NULL DEFAULT false
);

-- Unique itself, and read from the newest: one index instead of the seed's two.
CREATE UNIQUE INDEX idx_checkpoints_dashboard_version ON checkpoints (dashboard_id, version DESC);

-- Law 3: the newest committed submission of each replica, as of the newest checkpoint. What came
-- later stands in the log. So no index over (replica_id, sequence) slows the log down, and old
-- partitions may go.
CREATE TABLE replica_marks (
    dashboard_id UUID NOT NULL REFERENCES dashboards (id) ON DELETE CASCADE, -- says nothing alone
    replica_id UUID NOT NULL,
    sequence BIGINT NOT NULL,
    version INTEGER NOT NULL,
    fingerprint BYTEA NOT NULL,
    PRIMARY KEY (dashboard_id, replica_id)
);
