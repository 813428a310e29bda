-- What an HTTP write was answered, so that the same request, sent again, is answered again.

CREATE TABLE idempotency_keys (
    actor VARCHAR(255) NOT NULL, -- a user's id, or 'admin': nobody meets another's keys
    key VARCHAR(255) NOT NULL,
    fingerprint BYTEA NOT NULL, -- of the request: tells a repeat from a reuse of the key
    status INTEGER, -- NULL: under way, until expires_at
    response JSONB,
    created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    expires_at TIMESTAMPTZ NOT NULL,
    PRIMARY KEY (actor, key)
);

CREATE INDEX idx_idempotency_expires ON idempotency_keys (expires_at);
