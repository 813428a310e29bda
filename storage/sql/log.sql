-- The statements of postgres_log and postgres_commit, over dashboards and operations.

-- name: group_commit
-- Laws 1, 2, 5: the only statement that commits operations. Of the dashboards given it raises
-- those that still have the expected version and epoch, and logs the submissions of these only.
-- Dashboards come in the order of their ids, so two owners lock rows in one order.
-- IS TRUE keeps the IN a hashed lookup: as a join the planner would compare each with each.
WITH wanted AS (
    SELECT * FROM unnest($1::UUID[], $2::INTEGER[], $3::BIGINT[], $4::INTEGER[])
        AS wanted (dashboard_id, expected_version, epoch, head)
), fenced AS (
    UPDATE dashboards
    SET version = wanted.head
    FROM wanted
    WHERE dashboards.id = wanted.dashboard_id
      AND dashboards.version = wanted.expected_version
      AND dashboards.owner_epoch = wanted.epoch
    RETURNING dashboards.id
), logged AS (
    INSERT INTO operations (
        dashboard_id, version, replica_id, sequence, user_id, client_version, server_version,
        operation_type, target_id, operation, fingerprint, created_at
    )
    SELECT
        dashboard_id, version, replica_id, sequence, user_id, client_version, version - 1,
        operation_type, target_id, operation, fingerprint, to_timestamp(at_ms / 1000.0::FLOAT8)
    FROM unnest(
        $5::UUID[], $6::INTEGER[], $7::UUID[], $8::BIGINT[], $9::UUID[], $10::INTEGER[],
        $11::TEXT[], $12::UUID[], $13::JSONB[], $14::BYTEA[], $15::BIGINT[]
    ) AS submitted (
        dashboard_id, version, replica_id, sequence, user_id, client_version,
        operation_type, target_id, operation, fingerprint, at_ms
    )
    WHERE (dashboard_id IN (SELECT id FROM fenced)) IS TRUE
)
SELECT id FROM fenced;

-- name: raise_epoch
-- An owner opens the dashboard: from here on no other may commit to it.
UPDATE dashboards
SET owner_epoch = owner_epoch + 1, last_accessed_at = CURRENT_TIMESTAMP
WHERE id = $1
RETURNING version, owner_epoch;

-- name: end_epoch
-- After an ambiguous commit, or when grants have changed of which whoever has it open may not know.
-- It waits for the row lock of a commit still under way; one that has not begun meets the new epoch.
-- So the version that it returns is final. By the size of the step an owner sees which it was.
UPDATE dashboards
SET owner_epoch = owner_epoch + $3::BIGINT
WHERE id = $1 AND owner_epoch = $2
RETURNING version, owner_epoch;

-- name: head
SELECT version, owner_epoch FROM dashboards WHERE id = $1;

-- name: heads
SELECT id, version, owner_epoch FROM dashboards WHERE id = ANY($1::UUID[]);

-- name: dashboard_ids
SELECT id FROM dashboards ORDER BY id;

-- name: submissions_between
SELECT version, replica_id, sequence, user_id, client_version, operation, fingerprint,
       (date_part('epoch', created_at) * 1000)::BIGINT AS at_ms
FROM operations
WHERE dashboard_id = $1 AND version > $2 AND version <= $3
ORDER BY version;

-- name: log_start
SELECT log_start_version FROM dashboards WHERE id = $1;

-- name: find_submission
-- Walks back from the newest: rare, and what is asked for is recent.
SELECT version, replica_id, sequence, user_id, client_version, operation, fingerprint,
       (date_part('epoch', created_at) * 1000)::BIGINT AS at_ms
FROM operations
WHERE dashboard_id = $1 AND replica_id = $2 AND sequence = $3
ORDER BY version DESC
LIMIT 1;
