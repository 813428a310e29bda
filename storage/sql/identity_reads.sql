-- The reads of postgres_users, postgres_sessions, postgres_dashboards and postgres_sharing, and
-- what they write without a trail: when somebody was last seen.

-- name: user
SELECT * FROM users WHERE id = $1;

-- name: user_by_email
SELECT * FROM users WHERE email = $1;

-- name: user_by_username
SELECT * FROM users WHERE username = $1;

-- name: users
SELECT * FROM users
WHERE ($1::BOOLEAN IS NULL OR is_active = $1) AND ($2::TEXT IS NULL OR username > $2)
ORDER BY username
LIMIT $3;

-- name: users_beginning
-- Each of the three by its index (0010), which compares bytes: from the text itself to the text
-- and the last character there is.
SELECT * FROM users
WHERE ($1::BOOLEAN IS NULL OR is_active = $1) AND ($2::TEXT IS NULL OR username > $2)
  AND (
    (lower(username) ~>=~ lower($4) AND lower(username) ~<~ (lower($4) || U&'\+10FFFF'))
    OR (lower(email) ~>=~ lower($4) AND lower(email) ~<~ (lower($4) || U&'\+10FFFF'))
    OR (lower(full_name) ~>=~ lower($4) AND lower(full_name) ~<~ (lower($4) || U&'\+10FFFF'))
  )
ORDER BY username
LIMIT $3;

-- name: removed_from
SELECT DISTINCT dashboard_id FROM audit_logs
WHERE entity_id = $1 AND action = 'collaborator.removed' AND dashboard_id IS NOT NULL;

-- name: profiles
SELECT id, username, full_name, avatar_url FROM users WHERE id = ANY($1::UUID[]);

-- name: find_session
SELECT sessions.id, user_id, username, avatar_url,
       floor(extract(epoch FROM expires_at) * 1000)::BIGINT AS expires_at_ms
FROM sessions JOIN users ON users.id = user_id
WHERE token_hash = $1 AND sessions.is_active AND users.is_active
  AND expires_at > CURRENT_TIMESTAMP;

-- name: session
SELECT * FROM sessions WHERE id = $1;

-- name: sessions
SELECT * FROM sessions
WHERE user_id = $1 AND ($2 OR (is_active AND expires_at > CURRENT_TIMESTAMP))
  AND ($3::TIMESTAMPTZ IS NULL OR (created_at, id) < ($3, $4::UUID))
ORDER BY created_at DESC, id DESC
LIMIT $5;

-- name: alive
SELECT sessions.id
FROM sessions JOIN users ON users.id = user_id
WHERE sessions.id = ANY($1::UUID[]) AND sessions.is_active AND users.is_active
  AND expires_at > CURRENT_TIMESTAMP;

-- name: touch_sessions
-- Times only rise. A row that is locked is left out: so two who tell of one user never wait for
-- each other, nor does anybody who changes it.
WITH seen AS (
    SELECT session_id, at FROM unnest($1::UUID[], $2::TIMESTAMPTZ[]) AS seen (session_id, at)
), free_sessions AS (
    SELECT id, user_id, at
    FROM sessions JOIN seen ON id = session_id
    WHERE last_activity_at < at
    FOR NO KEY UPDATE OF sessions SKIP LOCKED
), touched AS (
    UPDATE sessions SET last_activity_at = at FROM free_sessions
    WHERE sessions.id = free_sessions.id
), free_users AS (
    SELECT users.id, newest
    FROM users JOIN (
        SELECT user_id, max(at) AS newest FROM free_sessions GROUP BY user_id
    ) AS people ON users.id = people.user_id
    WHERE last_seen_at IS NULL OR last_seen_at < newest
    FOR NO KEY UPDATE OF users SKIP LOCKED
)
UPDATE users SET last_seen_at = newest FROM free_users WHERE users.id = free_users.id;

-- name: forget_sessions
WITH gone AS (
    DELETE FROM sessions
    WHERE expires_at < CURRENT_TIMESTAMP - make_interval(secs => $1)
    RETURNING id
)
SELECT count(*) FROM gone;

-- name: metadata
SELECT * FROM dashboards WHERE id = $1;

-- name: collaborator
SELECT * FROM dashboard_collaborators WHERE dashboard_id = $1 AND user_id = $2;

-- name: all_collaborators
SELECT * FROM dashboard_collaborators
WHERE dashboard_id = $1
  AND ($2::TIMESTAMPTZ IS NULL OR (invited_at, id) > ($2, $3::UUID))
ORDER BY invited_at, id
LIMIT $4;

-- name: invitations
SELECT * FROM dashboard_collaborators
WHERE user_id = $1 AND accepted_at IS NULL AND is_active
  AND ($2::TIMESTAMPTZ IS NULL OR (invited_at, id) > ($2, $3::UUID))
ORDER BY invited_at, id
LIMIT $4;

-- name: grants
-- For each user three rows by their keys.
SELECT asked.user_id, owner_id, is_public, is_archived, role, permissions, accepted_at,
       users.is_active AS account_is_active, member.is_active
FROM dashboards
CROSS JOIN unnest($2::UUID[]) AS asked (user_id)
LEFT JOIN users ON users.id = asked.user_id
LEFT JOIN dashboard_collaborators AS member
    ON member.dashboard_id = dashboards.id AND member.user_id = asked.user_id
WHERE dashboards.id = $1;

-- name: dashboards_of
SELECT id FROM dashboards WHERE owner_id = $1
UNION
SELECT dashboard_id FROM dashboard_collaborators
WHERE user_id = $1 AND is_active AND accepted_at IS NOT NULL;

-- name: touch_members
WITH free AS (
    SELECT id, at
    FROM dashboard_collaborators AS member
    JOIN unnest($1::UUID[], $2::UUID[], $3::TIMESTAMPTZ[]) AS seen (dashboard_id, user_id, at)
        USING (dashboard_id, user_id)
    WHERE last_accessed_at IS NULL OR last_accessed_at < at
    FOR NO KEY UPDATE OF member SKIP LOCKED
)
UPDATE dashboard_collaborators SET last_accessed_at = at FROM free
WHERE dashboard_collaborators.id = free.id;

-- name: touch_dashboards
-- Commits of edits lock these rows: none of them is waited for, and none waits long.
WITH free AS (
    SELECT id, at
    FROM dashboards JOIN (
        SELECT dashboard_id, max(at) AS at
        FROM unnest($1::UUID[], $2::TIMESTAMPTZ[]) AS seen (dashboard_id, at)
        GROUP BY dashboard_id
    ) AS newest ON id = dashboard_id
    WHERE last_accessed_at IS NULL OR last_accessed_at < at
    FOR NO KEY UPDATE OF dashboards SKIP LOCKED
)
UPDATE dashboards SET last_accessed_at = at FROM free WHERE dashboards.id = free.id;
