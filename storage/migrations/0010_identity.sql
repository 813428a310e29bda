-- To find people by how their username, email or name begins, in any case. Byte order serves such
-- ranges whatever the collation is.
CREATE INDEX idx_users_username_begins ON users (lower(username) text_pattern_ops);
CREATE INDEX idx_users_email_begins ON users (lower(email) text_pattern_ops);
CREATE INDEX idx_users_full_name_begins ON users (lower(full_name) text_pattern_ops);

-- The caches of all nodes hold what was read since this last rose (docs/decisions, caches). It is
-- raised by who cannot reach Redis to invalidate there.
CREATE SEQUENCE cache_epoch;
