-- What lets old partitions of the log go, and what makes new ones.

-- The log of a dashboard reaches back to here: there is a checkpoint at this version, and every
-- later version is in the log. It rises before older rows go, never falls, and no index holds it.
ALTER TABLE dashboards ADD COLUMN log_start_version INTEGER NOT NULL DEFAULT 0;

-- Make the partition of one month, and move into it what came before it was there. Its name, or
-- NULL if there is one. Made apart and attached: a commit never waits for it.
CREATE FUNCTION make_monthly_partition(parent TEXT, month TIMESTAMP)
RETURNS TEXT LANGUAGE plpgsql AS $$
DECLARE
    since TIMESTAMPTZ := month AT TIME ZONE 'UTC';
    until TIMESTAMPTZ := (month + INTERVAL '1 month') AT TIME ZONE 'UTC';
    partition TEXT := parent || to_char(month, '_YYYY_MM');
BEGIN
    IF to_regclass(quote_ident(partition)) IS NOT NULL THEN
        RETURN NULL;
    END IF;
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
    RETURN partition;
END $$;

-- The partitions of this month, of `months_ahead` more, and of every month that the default
-- partition holds rows of; the names of the new ones. To be called again and again.
CREATE OR REPLACE FUNCTION ensure_monthly_partitions(parent TEXT, months_ahead INTEGER)
RETURNS SETOF TEXT LANGUAGE plpgsql AS $$
DECLARE
    this_month TIMESTAMP := date_trunc('month', now() AT TIME ZONE 'UTC');
    month TIMESTAMP;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('ensure_monthly_partitions'), hashtext(parent));
    FOR month IN EXECUTE format(
        'SELECT generate_series(%L::TIMESTAMP, %L::TIMESTAMP, INTERVAL ''1 month'')
         UNION SELECT date_trunc(''month'', created_at AT TIME ZONE ''UTC'') FROM %I
         ORDER BY 1',
        this_month, this_month + make_interval(months => months_ahead), parent || '_default'
    ) LOOP
        RETURN QUERY SELECT made FROM make_monthly_partition(parent, month) AS made
        WHERE made IS NOT NULL;
    END LOOP;
END $$;
