-- The steps of postgres_transaction.

-- name: insert_user
INSERT INTO users (id, email, username, full_name, avatar_url, metadata)
VALUES (coalesce($1::UUID, gen_random_uuid()), $2, $3, $4, $5, $6)
RETURNING *;

-- name: lock_user
SELECT * FROM users WHERE id = $1 FOR UPDATE;

-- name: hold_user
SELECT * FROM users WHERE id = $1 FOR SHARE;

-- name: write_user
UPDATE users
SET email = $2, username = $3, full_name = $4, avatar_url = $5, is_active = $6, metadata = $7,
    updated_at = CURRENT_TIMESTAMP
WHERE id = $1
RETURNING *;

-- name: remove_user
DELETE FROM users WHERE id = $1;

-- name: owned_count
SELECT count(*) FROM dashboards WHERE owner_id = $1;

-- name: memberships
SELECT dashboard_id FROM dashboard_collaborators WHERE user_id = $1;

-- name: insert_session
INSERT INTO sessions (user_id, token_hash, device_info, ip_address, expires_at)
VALUES ($1, $2, $3, $4, CURRENT_TIMESTAMP + make_interval(secs => $5))
RETURNING *;

-- name: lock_session
SELECT * FROM sessions WHERE id = $1 FOR UPDATE;

-- name: end_session
UPDATE sessions SET is_active = false WHERE id = $1;

-- name: end_sessions
UPDATE sessions SET is_active = false
WHERE user_id = $1 AND is_active AND expires_at > CURRENT_TIMESTAMP AND id IS DISTINCT FROM $2
RETURNING id;

-- name: lock_sharing
-- Of no row: the commits of edits lock the dashboard's. What waited is told the time after it.
SELECT pg_advisory_xact_lock(hashtext('weft.sharing'), hashtext($1::UUID::TEXT)),
       clock_timestamp() AS at;

-- name: dashboard
SELECT * FROM dashboards WHERE id = $1;

-- name: template
SELECT * FROM dashboard_templates WHERE id = $1;

-- name: insert_dashboard
INSERT INTO dashboards (id, owner_id, is_public, title, description, settings, layout)
VALUES (coalesce($1::UUID, gen_random_uuid()), $2, $3, $4, $5, $6, $7)
RETURNING *;

-- name: write_standing
UPDATE dashboards SET owner_id = $2, is_public = $3, is_archived = $4 WHERE id = $1;

-- name: remove_dashboard
DELETE FROM dashboards WHERE id = $1;

-- name: members
SELECT user_id FROM dashboard_collaborators WHERE dashboard_id = $1;

-- name: collaborator
SELECT * FROM dashboard_collaborators WHERE dashboard_id = $1 AND user_id = $2;

-- name: write_collaborator
INSERT INTO dashboard_collaborators (
    id, dashboard_id, user_id, role, invited_by, invited_at, accepted_at, is_active, permissions
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
ON CONFLICT (dashboard_id, user_id) DO UPDATE
SET role = excluded.role, invited_by = excluded.invited_by, invited_at = excluded.invited_at,
    accepted_at = excluded.accepted_at, is_active = excluded.is_active,
    permissions = excluded.permissions
RETURNING *;

-- name: remove_collaborator
DELETE FROM dashboard_collaborators WHERE dashboard_id = $1 AND user_id = $2;
