-- The statements of postgres_retention. {partition} and {parent} are names out of the catalog.

-- name: make_partitions
SELECT ensure_monthly_partitions($1, $2);

-- name: old_partitions
-- Those that end by then, the oldest first. The default partition has no end.
SELECT quote_ident(relname) AS name
FROM pg_inherits
JOIN pg_class ON pg_class.oid = inhrelid
CROSS JOIN LATERAL regexp_match(pg_get_expr(relpartbound, inhrelid), 'TO \(''(.+)''\)') AS bound
WHERE inhparent = $1::TEXT::REGCLASS AND bound[1]::TIMESTAMPTZ <= $2
ORDER BY bound[1]::TIMESTAMPTZ;

-- name: uncovered
-- Dashboards with versions here that their log still needs, and the checkpoint from which it would
-- lead on without them. One look into the index for each dashboard, however large the partition.
SELECT dashboards.id, (
    SELECT min(checkpoints.version)
    FROM checkpoints
    WHERE dashboard_id = dashboards.id AND checkpoints.version >= newest
) AS start_version
FROM dashboards CROSS JOIN LATERAL (
    SELECT max(version) AS newest FROM {partition} WHERE dashboard_id = dashboards.id
) AS held
WHERE newest > log_start_version
ORDER BY dashboards.id;

-- name: raise_start
-- Rows are locked in the order of their ids, as commits lock them.
WITH raised AS (
    SELECT * FROM unnest($1::UUID[], $2::INTEGER[]) AS raised (id, start_version)
), locked AS (
    SELECT id FROM dashboards WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE
)
UPDATE dashboards
SET log_start_version = start_version
FROM raised JOIN locked USING (id)
WHERE dashboards.id = raised.id AND log_start_version < start_version;

-- name: forget_checkpoints
-- States that the log does not lead on from; those that somebody has marked are kept.
DELETE FROM checkpoints
USING dashboards
WHERE dashboards.id = dashboard_id AND dashboard_id = ANY($1::UUID[])
  AND checkpoints.version < log_start_version AND NOT is_major;

-- name: keep_out
-- Of this partition alone: commits go on in the others.
LOCK TABLE {partition} IN SHARE ROW EXCLUSIVE MODE;

-- name: detach
ALTER TABLE {parent} DETACH PARTITION {partition};

-- name: drop
DROP TABLE {partition};
