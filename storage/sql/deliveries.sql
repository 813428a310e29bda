-- The statements of postgres_webhooks and postgres_outbox.

-- name: create_webhook
-- Of what the log holds already it is told nothing.
WITH created AS (
    INSERT INTO webhooks (url, secret, topics, id)
    VALUES ($1, $2, $3, coalesce($4::UUID, gen_random_uuid()))
    RETURNING *
), begun AS (
    INSERT INTO webhook_cursors (dashboard_id, webhook_id, version)
    SELECT dashboards.id, created.id, version
    FROM created, dashboards
    WHERE version > 0
)
SELECT * FROM created;

-- name: webhooks
SELECT * FROM webhooks ORDER BY created_at, id;

-- name: webhook
SELECT * FROM webhooks WHERE id = $1;

-- name: webhook_was_active
SELECT is_active FROM webhooks WHERE id = $1 FOR UPDATE;

-- name: set_webhook_active
UPDATE webhooks SET is_active = $2 WHERE id = $1 RETURNING id;

-- name: forget_waiting
DELETE FROM outbox WHERE webhook_id = $1 AND delivered_at IS NULL AND died_at IS NULL;

-- name: begin_here
INSERT INTO webhook_cursors AS old (dashboard_id, webhook_id, version)
SELECT id, $1, version FROM dashboards WHERE version > 0
ON CONFLICT (dashboard_id, webhook_id) DO UPDATE
SET version = excluded.version, attempts = 0, next_attempt_at = clock_timestamp();

-- name: delete_webhook
DELETE FROM webhooks WHERE id = $1 RETURNING id;

-- name: record_event
INSERT INTO outbox (event_id, webhook_id, topic, dashboard_id, payload)
SELECT event_id, webhooks.id, $1::TEXT, $2::UUID, $3::JSONB
FROM gen_random_uuid() AS event_id, webhooks
WHERE is_active AND topics && ARRAY['*', $1::TEXT]
ORDER BY webhooks.created_at;

-- name: claim_events
-- The head of each lane, if it is due, and of each webhook no more than it has room for. Two who
-- claim at once meet at the row: the second finds it claimed, and leaves it.
WITH room AS (
    SELECT * FROM unnest($1::UUID[], $2::INT[]) AS room (webhook_id, places)
), heads AS (
    SELECT DISTINCT ON (webhook_id, dashboard_id) outbox.id, webhook_id, places, next_attempt_at
    FROM outbox JOIN room USING (webhook_id)
    WHERE delivered_at IS NULL AND died_at IS NULL
    ORDER BY webhook_id, dashboard_id, outbox.id
), due AS (
    SELECT id, places, row_number() OVER (PARTITION BY webhook_id ORDER BY id) AS place
    FROM heads
    WHERE next_attempt_at <= clock_timestamp()
)
UPDATE outbox
SET attempts = attempts + 1, next_attempt_at = clock_timestamp() + make_interval(secs => $3)
FROM due
WHERE outbox.id = due.id AND place <= places AND next_attempt_at <= clock_timestamp()
  AND delivered_at IS NULL AND died_at IS NULL
RETURNING outbox.*;

-- name: delivered
-- True whoever says it, and however late.
UPDATE outbox SET delivered_at = clock_timestamp(), died_at = NULL, last_error = NULL
WHERE id = $1;

-- name: failed
UPDATE outbox
SET last_error = $3,
    next_attempt_at = clock_timestamp() + make_interval(secs => coalesce($4::FLOAT8, 0)),
    died_at = CASE WHEN $4::FLOAT8 IS NULL THEN clock_timestamp() END
WHERE id = $1 AND attempts = $2 AND delivered_at IS NULL AND died_at IS NULL;

-- name: claim_changes
-- Of each webhook no more than it has room for, in the order in which the dashboards are named.
-- Rows are locked in one order, whoever claims.
WITH due AS (
    SELECT room.webhook_id, places, dashboards.id AS dashboard_id, dashboards.version,
           row_number() OVER (PARTITION BY room.webhook_id ORDER BY named.place) AS place
    FROM unnest($1::UUID[]) WITH ORDINALITY AS named (id, place)
    JOIN dashboards USING (id)
    CROSS JOIN unnest($2::UUID[], $3::INT[]) AS room (webhook_id, places)
    JOIN webhooks ON webhooks.id = room.webhook_id AND is_active AND topics && ARRAY['*', $5]
    LEFT JOIN webhook_cursors AS cursor
        ON cursor.dashboard_id = dashboards.id AND cursor.webhook_id = room.webhook_id
    WHERE dashboards.version > coalesce(cursor.version, 0)
      AND coalesce(next_attempt_at <= clock_timestamp(), true)
), behind AS (
    SELECT * FROM due WHERE place <= places ORDER BY dashboard_id, webhook_id
), claimed AS (
    INSERT INTO webhook_cursors AS old (
        dashboard_id, webhook_id, version, attempts, next_attempt_at
    )
    SELECT dashboard_id, webhook_id, 0, 1, clock_timestamp() + make_interval(secs => $4)
    FROM behind
    ON CONFLICT (dashboard_id, webhook_id) DO UPDATE
    SET attempts = old.attempts + 1, next_attempt_at = excluded.next_attempt_at
    WHERE old.next_attempt_at <= clock_timestamp() AND old.version < (
        SELECT version FROM behind
        WHERE (dashboard_id, webhook_id) = (old.dashboard_id, old.webhook_id)
    )
    RETURNING webhook_id, dashboard_id, version AS after_version, attempts
)
SELECT claimed.*, behind.version AS head_version
FROM claimed JOIN behind USING (dashboard_id, webhook_id);

-- name: dashboards_behind
SELECT id
FROM dashboards
WHERE ($1::UUID IS NULL OR id > $1) AND version > 0 AND EXISTS (
    SELECT
    FROM webhooks LEFT JOIN webhook_cursors AS cursor
        ON cursor.dashboard_id = dashboards.id AND webhook_id = webhooks.id
    WHERE is_active AND topics && ARRAY['*', $3]
      AND dashboards.version > coalesce(cursor.version, 0)
      AND coalesce(next_attempt_at <= clock_timestamp(), true)
)
ORDER BY id
LIMIT $2;

-- name: changes_delivered
UPDATE webhook_cursors SET version = $4, attempts = 0, next_attempt_at = clock_timestamp()
WHERE webhook_id = $1 AND dashboard_id = $2 AND version = $3;

-- name: changes_failed
UPDATE webhook_cursors SET next_attempt_at = clock_timestamp() + make_interval(secs => $5)
WHERE webhook_id = $1 AND dashboard_id = $2 AND version = $3 AND attempts = $4;

-- name: changes_died
WITH moved AS (
    UPDATE webhook_cursors SET version = $5, attempts = 0, next_attempt_at = clock_timestamp()
    WHERE webhook_id = $1 AND dashboard_id = $2 AND version = $3 AND attempts = $4
    RETURNING webhook_id, dashboard_id
)
INSERT INTO outbox (
    event_id, webhook_id, topic, dashboard_id, payload, attempts, last_error, died_at
)
SELECT gen_random_uuid(), webhook_id, $6, dashboard_id,
       jsonb_build_object('fromVersion', $3 + 1, 'toVersion', $5), $4, $7, clock_timestamp()
FROM moved;

-- name: dead_letters
SELECT * FROM outbox
WHERE died_at IS NOT NULL AND ($1::BIGINT IS NULL OR id < $1)
ORDER BY id DESC
LIMIT $2;

-- name: deliveries
SELECT * FROM outbox
WHERE webhook_id = $1 AND ($2::BIGINT IS NULL OR id < $2)
ORDER BY id DESC
LIMIT $3;

-- name: revive
UPDATE outbox SET died_at = NULL, attempts = 0, next_attempt_at = clock_timestamp()
WHERE id = $1 AND died_at IS NOT NULL AND ($2::UUID IS NULL OR webhook_id = $2)
RETURNING id;

-- name: purge_delivered
WITH purged AS (
    DELETE FROM outbox
    WHERE delivered_at < clock_timestamp() - make_interval(secs => $1)
    RETURNING id
)
SELECT count(*) FROM purged;
