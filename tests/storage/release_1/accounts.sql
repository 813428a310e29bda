-- The statements of postgres_accounts.

-- name: create_user
INSERT INTO users (email, username, full_name) VALUES ($1, $2, $3)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: create_session
INSERT INTO sessions (user_id, token_hash, expires_at)
VALUES ($1, $2, CURRENT_TIMESTAMP + make_interval(secs => $3))
RETURNING id;

-- name: find_session
SELECT sessions.id, user_id, username,
       (extract(epoch FROM expires_at) * 1000)::BIGINT AS expires_at_ms
FROM sessions JOIN users ON users.id = user_id
WHERE token_hash = $1 AND sessions.is_active AND users.is_active
  AND expires_at > CURRENT_TIMESTAMP;

-- name: revoke_session
UPDATE sessions SET is_active = false WHERE id = $1 AND is_active RETURNING id;

-- name: create_dashboard
-- A dashboard is never without a checkpoint: both, or neither.
WITH created AS (
    INSERT INTO dashboards (id, owner_id, title)
    VALUES (coalesce($1::UUID, gen_random_uuid()), $2, $3)
    RETURNING id
)
INSERT INTO checkpoints (dashboard_id, version, state)
SELECT id, 0, $4::JSONB FROM created
RETURNING dashboard_id;

-- name: share
INSERT INTO dashboard_collaborators (dashboard_id, user_id, role, accepted_at)
VALUES ($1, $2, $3, CURRENT_TIMESTAMP)
ON CONFLICT (dashboard_id, user_id) DO UPDATE SET role = excluded.role, is_active = true;

-- name: role_of
SELECT CASE
    WHEN owner_id = $2 THEN 'owner'
    WHEN role IS NOT NULL THEN role
    WHEN is_public THEN 'viewer'
END
FROM dashboards
LEFT JOIN dashboard_collaborators AS member
    ON member.dashboard_id = dashboards.id AND member.user_id = $2 AND member.is_active
WHERE dashboards.id = $1;
