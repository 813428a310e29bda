-- The statements of postgres_templates.

-- name: create_template
-- No row: it was made before.
INSERT INTO dashboard_templates (
    id, name, description, category, thumbnail_url, layout, default_widgets, is_public
) VALUES (coalesce($1, gen_random_uuid()), $2, $3, $4, $5, $6, $7, $8)
ON CONFLICT (id) DO NOTHING
RETURNING *;

-- name: template
SELECT * FROM dashboard_templates WHERE id = $1;

-- name: lock_template
SELECT * FROM dashboard_templates WHERE id = $1 FOR UPDATE;

-- name: templates
SELECT *
FROM dashboard_templates
WHERE ($1::TEXT IS NULL OR category = $1)
  AND (is_public OR NOT $2)
  AND ($3::TEXT IS NULL OR (name, id) > ($3, $4::UUID))
ORDER BY name, id
LIMIT $5;

-- name: replace_template
UPDATE dashboard_templates
SET name = $2, description = $3, category = $4, thumbnail_url = $5, layout = $6,
    default_widgets = $7, is_public = $8
WHERE id = $1
RETURNING *;

-- name: delete_template
DELETE FROM dashboard_templates WHERE id = $1 RETURNING id;
