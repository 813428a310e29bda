-- The statements of postgres_idempotency.

-- name: claim
-- A new key, or one whose time is over: the caller's now. Otherwise no row.
INSERT INTO idempotency_keys AS old (actor, key, fingerprint, expires_at)
VALUES ($1, $2, $3, clock_timestamp() + make_interval(secs => $4))
ON CONFLICT (actor, key) DO UPDATE
SET fingerprint = excluded.fingerprint, status = NULL, response = NULL,
    created_at = excluded.created_at, expires_at = excluded.expires_at
WHERE old.expires_at <= clock_timestamp()
RETURNING key;

-- name: known
SELECT fingerprint, status, response FROM idempotency_keys WHERE actor = $1 AND key = $2;

-- name: complete
UPDATE idempotency_keys
SET status = $4, response = $5, expires_at = clock_timestamp() + make_interval(secs => $6)
WHERE actor = $1 AND key = $2 AND fingerprint = $3 AND status IS NULL;

-- name: release
DELETE FROM idempotency_keys
WHERE actor = $1 AND key = $2 AND fingerprint = $3 AND status IS NULL;

-- name: purge_expired
WITH purged AS (
    DELETE FROM idempotency_keys WHERE expires_at <= clock_timestamp() RETURNING key
)
SELECT count(*) FROM purged;
