-- The operations log: one row per committed submission (docs/decisions/0001).

CREATE TABLE operations (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    -- No foreign keys. The commit statement inserts only for a dashboards row that it has just
    -- matched and locked, so a check per row could never fail and would only cost time; what a
    -- deleted dashboard leaves is removed by the trigger below. And history outlives people: a
    -- row keeps the id of its author when the account is gone.
    dashboard_id UUID NOT NULL,
    user_id UUID NOT NULL,
    replica_id UUID NOT NULL, -- with sequence: the submission's id, as its sender knows it
    sequence BIGINT NOT NULL,
    operation_type VARCHAR(50) NOT NULL, -- of all its edits, otherwise 'batch'
    target_id UUID, -- the widget of all its edits
    operation JSONB NOT NULL, -- the list of edits, as committed
    fingerprint BYTEA NOT NULL, -- of what the client sent: tells a resend from a reuse of the id
    version INTEGER NOT NULL,
    client_version INTEGER NOT NULL, -- the version the client edited at
    server_version INTEGER NOT NULL, -- the version it was transformed to and applied at
    created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,

    -- A key of a partitioned table must hold the partition column, so it cannot promise one row
    -- per (dashboard_id, version): the fence in the commit statement does. As this index begins
    -- with both, the seed's idx_operations_dashboard_version would be its double.
    CONSTRAINT operations_pkey PRIMARY KEY (dashboard_id, version, created_at)
) PARTITION BY RANGE (created_at);

-- Rows arrive in the order of created_at, which is what BRIN is for: some bytes per 128 pages
-- where a B-tree would cost every insert.
CREATE INDEX idx_operations_created ON operations USING BRIN (created_at);

-- No commit may ever fail for want of a partition.
CREATE TABLE operations_default PARTITION OF operations DEFAULT;

-- The log goes with its dashboard. (Audit records, which outlive it, have a table of their own.)
CREATE FUNCTION forget_operations() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM operations WHERE dashboard_id = OLD.id;
    RETURN NULL;
END $$;

CREATE TRIGGER dashboards_forget_operations AFTER DELETE ON dashboards
    FOR EACH ROW EXECUTE FUNCTION forget_operations();

-- Make the partitions of this month and of `months_ahead` more, and return the names of the new
-- ones. To be called again and again; rows that came before their partition are moved into it.
CREATE FUNCTION ensure_monthly_partitions(parent TEXT, months_ahead INTEGER)
RETURNS SETOF TEXT LANGUAGE plpgsql AS $$
DECLARE
    this_month TIMESTAMP := date_trunc('month', now() AT TIME ZONE 'UTC');
    first_day TIMESTAMP;
    since TIMESTAMPTZ;
    until TIMESTAMPTZ;
    partition TEXT;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ensure_monthly_partitions'), hashtext(parent));
    FOR step IN 0..months_ahead LOOP
        first_day := this_month + make_interval(months => step);
        partition := parent || to_char(first_day, '_YYYY_MM');
        CONTINUE WHEN to_regclass(partition) IS NOT NULL;
        since := first_day AT TIME ZONE 'UTC';
        until := (first_day + INTERVAL '1 month') AT TIME ZONE 'UTC';
        -- Made apart and attached: a commit never waits for it, as it would for PARTITION OF.
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', partition, parent);
        EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', parent || '_default');
        EXECUTE format(
            'WITH early AS (DELETE FROM %I WHERE created_at >= %L AND created_at < %L RETURNING *)
             INSERT INTO %I SELECT * FROM early',
            parent || '_default', since, until, partition
        );
        EXECUTE format(
            'ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
            parent, partition, since, until
        );
        RETURN NEXT partition;
    END LOOP;
END $$;

SELECT ensure_monthly_partitions('operations', 3);
