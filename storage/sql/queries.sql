-- The statements of postgres_queries. Whoever takes part has accepted and is active. An empty list of
-- permissions comes as NULL: nearly all are, and to decode JSON is what costs most in a row.

-- name: user_dashboards
-- Two ways in, each by its own index, then every row by its key: LIMIT 1 keeps the planner from
-- reading all dashboards for somebody who shares many. The log is never read, and people are
-- counted only for the page.
WITH mine AS (
    SELECT id AS dashboard_id, 'owner' AS role, NULL::JSONB AS permissions
    FROM dashboards
    WHERE owner_id = $1
    UNION ALL
    SELECT dashboard_id, role, nullif(permissions, '[]')
    FROM dashboard_collaborators
    WHERE user_id = $1 AND is_active AND accepted_at IS NOT NULL
), page AS (
    SELECT dashboard.*, role, permissions
    FROM mine CROSS JOIN LATERAL (
        SELECT id, title, description, owner_id, created_at, updated_at, last_accessed_at,
               is_public, is_archived, version
        FROM dashboards
        WHERE id = mine.dashboard_id
        LIMIT 1
    ) AS dashboard
    WHERE (role = 'owner' OR owner_id <> $1) -- who owns it needs no invitation as well
      AND ($2::BOOLEAN IS NULL OR is_archived = $2)
      AND ($3::TIMESTAMPTZ IS NULL OR (updated_at, id) < ($3, $4::UUID))
    ORDER BY updated_at DESC, id DESC
    LIMIT $5
)
SELECT page.*, (
    SELECT count(*)
    FROM dashboard_collaborators
    WHERE dashboard_id = page.id AND is_active AND accepted_at IS NOT NULL
) AS collaborator_count
FROM page
ORDER BY updated_at DESC, id DESC;

-- name: search_dashboards
-- The words are found by their index, then what the user may not see is left out. MATERIALIZED
-- hides the words from the planner, which would rather read every dashboard for a common one. A
-- text of which no word must be there ("", "the", "-plan") would match nearly all, and finds none.
WITH sought AS MATERIALIZED (
    SELECT query
    FROM websearch_to_tsquery('english', $2) AS query
    WHERE querytree(query) NOT IN ('', 'T')
), shared AS MATERIALIZED (
    SELECT dashboard_id, role, nullif(permissions, '[]') AS permissions
    FROM dashboard_collaborators
    WHERE user_id = $1 AND is_active AND accepted_at IS NOT NULL
), found AS (
    SELECT id, title, description, owner_id, created_at, updated_at, last_accessed_at, is_public,
           is_archived, version, ts_rank(search_vector, query)::FLOAT8 AS rank
    FROM sought JOIN dashboards ON search_vector @@ query
    WHERE ($3::BOOLEAN IS NULL OR is_archived = $3)
      AND (owner_id = $1 OR is_public OR id IN (SELECT dashboard_id FROM shared))
), page AS (
    SELECT *
    FROM found
    WHERE $4::FLOAT8 IS NULL OR (rank, id) < ($4, $5::UUID)
    ORDER BY rank DESC, id DESC
    LIMIT $6
)
SELECT page.*,
    CASE WHEN owner_id = $1 THEN 'owner' ELSE role END AS role,
    CASE WHEN owner_id <> $1 THEN permissions END AS permissions,
    (
        SELECT count(*)
        FROM dashboard_collaborators
        WHERE dashboard_id = page.id AND is_active AND accepted_at IS NOT NULL
    ) AS collaborator_count
FROM page LEFT JOIN shared ON shared.dashboard_id = page.id
ORDER BY rank DESC, id DESC;

-- name: dashboard_with_widgets
-- One statement, so one snapshot: a checkpoint is seen whole.
SELECT id, title, description, owner_id, created_at, updated_at, last_accessed_at, is_public,
       is_archived, version, settings, layout,
       (SELECT max(version) FROM checkpoints WHERE dashboard_id = $1) AS content_version,
       (
           SELECT coalesce(jsonb_agg(jsonb_build_object(
               'id', id, 'dashboardId', dashboard_id, 'type', type, 'title', title,
               'position', position, 'config', config, 'data', data, 'createdAt', created_at,
               'updatedAt', updated_at, 'createdBy', created_by, 'updatedBy', updated_by,
               'version', version, 'isLocked', is_locked
           ) ORDER BY created_at, id), '[]')
           FROM widgets
           WHERE dashboard_id = $1
       ) AS widgets
FROM dashboards
WHERE id = $1;

-- name: operations_since
-- With where the log ends and begins; where nothing follows, that alone.
SELECT head.version AS head_version, log_start_version, log.*
FROM dashboards AS head LEFT JOIN LATERAL (
    SELECT version, replica_id, sequence, user_id, client_version, operation, fingerprint,
           (date_part('epoch', created_at) * 1000)::BIGINT AS at_ms
    FROM operations
    WHERE dashboard_id = $1 AND version > $2
    ORDER BY version
    LIMIT $3
) AS log ON true
WHERE head.id = $1
ORDER BY log.version;

-- name: active_collaborators
-- Everybody by their key, as above.
SELECT person.*, role, accepted_at, member.last_accessed_at
FROM dashboard_collaborators AS member CROSS JOIN LATERAL (
    SELECT id, username, full_name, avatar_url
    FROM users
    WHERE id = member.user_id AND is_active
    LIMIT 1
) AS person
WHERE dashboard_id = $1 AND is_active AND accepted_at IS NOT NULL
  AND ($2::TEXT IS NULL OR username > $2)
ORDER BY username
LIMIT $3;
