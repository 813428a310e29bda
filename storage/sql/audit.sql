-- The statements of postgres_audit.

-- name: record_audit
INSERT INTO audit_logs (
    user_id, dashboard_id, action, entity_type, entity_id, old_values, new_values, ip_address,
    user_agent
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9);

-- name: audit_entries
-- What is asked for is put in the place of {conditions}; the newest first.
SELECT id, user_id, dashboard_id, action, entity_type, entity_id, old_values, new_values,
       ip_address, user_agent, created_at
FROM audit_logs
WHERE {conditions}
ORDER BY created_at DESC, id DESC
LIMIT {limit};
