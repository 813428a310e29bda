-- The statements of postgres_log over checkpoints, replica_marks and widgets.

-- name: newest_checkpoint
SELECT version, state, operations_count
FROM checkpoints
WHERE dashboard_id = $1
ORDER BY version DESC
LIMIT 1;

-- name: read_checkpoint
SELECT version, state, operations_count
FROM checkpoints
WHERE dashboard_id = $1 AND version = $2;

-- name: checkpoint_versions
-- Those that the log leads on from.
SELECT version
FROM checkpoints
WHERE dashboard_id = $1
  AND version >= (SELECT log_start_version FROM dashboards WHERE id = $1)
ORDER BY version;

-- name: insert_checkpoint
-- Writing a version again changes nothing: by law 4 it is the same state.
INSERT INTO checkpoints (dashboard_id, version, state, operations_count)
VALUES ($1, $2, $3, $4)
ON CONFLICT (dashboard_id, version) DO NOTHING;

-- name: raise_marks
-- Marks only rise.
INSERT INTO replica_marks AS old (
    dashboard_id, replica_id, sequence, version, fingerprint, user_id
)
SELECT $1::UUID, *
FROM unnest($2::UUID[], $3::BIGINT[], $4::INTEGER[], $5::BYTEA[], $6::UUID[])
ON CONFLICT (dashboard_id, replica_id) DO UPDATE
SET sequence = excluded.sequence, version = excluded.version,
    fingerprint = excluded.fingerprint, user_id = excluded.user_id
WHERE old.sequence < excluded.sequence;

-- name: remove_widgets
-- Those that are not in the checkpoint.
DELETE FROM widgets
WHERE dashboard_id = $1 AND id NOT IN (
    SELECT jsonb_object_keys(state -> 'widgets')::UUID
    FROM checkpoints
    WHERE checkpoints.dashboard_id = $1 AND checkpoints.version = $2
);

-- name: write_widgets
-- Out of the checkpoint itself, so the rows cannot tell another story; only what has changed.
INSERT INTO widgets AS old (
    dashboard_id, id, type, title, position, config, data, is_locked, version
)
SELECT $1::UUID, key::UUID, value ->> 'type', value ->> 'title', value -> 'position',
       value -> 'config', value -> 'data', (value -> 'isLocked')::BOOLEAN, $2::INTEGER
FROM checkpoints, jsonb_each(state -> 'widgets')
WHERE checkpoints.dashboard_id = $1 AND checkpoints.version = $2
ON CONFLICT (dashboard_id, id) DO UPDATE
SET type = excluded.type, title = excluded.title, position = excluded.position,
    config = excluded.config, data = excluded.data, is_locked = excluded.is_locked,
    version = excluded.version, updated_at = CURRENT_TIMESTAMP
WHERE (old.type, old.title, old.position, old.config, old.data, old.is_locked)
    IS DISTINCT FROM (excluded.type, excluded.title, excluded.position, excluded.config,
                      excluded.data, excluded.is_locked);

-- name: name_authors
-- Who has made each widget and who has edited it last, out of the log since the checkpoint before.
UPDATE widgets
SET created_by = coalesce(touched.created_by, widgets.created_by),
    updated_by = touched.updated_by
FROM (
    SELECT (edit ->> 'targetId')::UUID AS id,
           (array_agg(users.id ORDER BY operations.version DESC)
                FILTER (WHERE edit ->> 'type' = 'addWidget'))[1] AS created_by,
           (array_agg(users.id ORDER BY operations.version DESC))[1] AS updated_by
    FROM operations
    JOIN users ON users.id = operations.user_id
    CROSS JOIN jsonb_array_elements(operations.operation) AS edit
    WHERE operations.dashboard_id = $1
      AND operations.version <= $2
      AND operations.version > coalesce((
              SELECT max(version) FROM checkpoints WHERE dashboard_id = $1 AND version < $2
          ), 0)
      AND edit ->> 'targetId' IS NOT NULL
      AND edit ->> 'type' <> 'noop'
    GROUP BY edit ->> 'targetId'
) AS touched
WHERE widgets.dashboard_id = $1 AND widgets.id = touched.id;

-- name: write_dashboard
-- The last statement of a checkpoint, for it takes the row lock that commits wait for. Law 5: no
-- row means that another owner has opened the dashboard; then the whole checkpoint is undone.
UPDATE dashboards
SET title = $4, description = $5, settings = $6, layout = $7, updated_at = CURRENT_TIMESTAMP
WHERE id = $1 AND version >= $2 AND owner_epoch = $3
RETURNING id;

-- name: live_values
SELECT id, live_data, (extract(epoch FROM live_at) * 1000)::BIGINT AS live_at_ms
FROM widgets
WHERE dashboard_id = $1 AND live_data IS NOT NULL
ORDER BY id;

-- name: write_live
-- Of the widgets that have a row; the others get theirs with the next checkpoint.
UPDATE widgets
SET live_data = told.value, live_at = to_timestamp(told.at_ms / 1000.0::FLOAT8)
FROM unnest($2::UUID[], $3::JSONB[], $4::BIGINT[]) AS told (widget_id, value, at_ms)
WHERE dashboard_id = $1 AND id = told.widget_id
RETURNING id;

-- name: hold_fence
-- The last statement before live values become durable, for commits wait while it holds the row.
-- Law 5: no row means that another owner has opened the dashboard; then nothing is written.
SELECT id FROM dashboards WHERE id = $1 AND owner_epoch = $2 FOR SHARE;

-- name: replica_mark
SELECT replica_id, sequence, version, fingerprint, user_id
FROM replica_marks
WHERE dashboard_id = $1 AND replica_id = $2;

-- name: read_rows
-- One statement, so one snapshot. The rows are as of the newest checkpoint.
SELECT
    (SELECT max(version) FROM checkpoints WHERE dashboard_id = $1) AS version,
    title, description, settings, layout,
    (
        SELECT coalesce(jsonb_object_agg(id, jsonb_build_object(
            'type', type, 'title', title, 'position', position, 'config', config, 'data', data,
            'isLocked', is_locked, 'version', version
        )), '{}')
        FROM widgets
        WHERE dashboard_id = $1
    ) AS widgets
FROM dashboards
WHERE id = $1;
