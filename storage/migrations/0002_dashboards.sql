-- Dashboards, who works on them, and their widgets as of the newest checkpoint.

CREATE TABLE dashboards (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    title VARCHAR(255) NOT NULL,
    description TEXT,
    -- The account that owns a dashboard decides over it. People who leave are deactivated
    -- (users.is_active) or hand over first; deleting the account deletes what it still owns.
    owner_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    -- Indexed, so it moves with a checkpoint, not with a commit: a commit stays a HOT update.
    updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    last_accessed_at TIMESTAMPTZ,
    is_public BOOLEAN NOT NULL DEFAULT false,
    is_archived BOOLEAN NOT NULL DEFAULT false,
    -- Counts committed submissions: nothing has been committed to a fresh dashboard.
    version INTEGER NOT NULL DEFAULT 0,
    -- The fence (law 5): raised by each owner that opens; a commit names it.
    owner_epoch BIGINT NOT NULL DEFAULT 0,
    settings JSONB NOT NULL DEFAULT '{}',
    layout JSONB NOT NULL DEFAULT '[]',

    -- A tsvector holds at most 1 MB. 100,000 characters can come within a tenth of that, and a
    -- checkpoint must never be refused for its content: only the beginning is searched.
    search_vector TSVECTOR GENERATED ALWAYS AS (
        setweight(to_tsvector('english', coalesce(title, '')), 'A') ||
        setweight(to_tsvector('english', left(coalesce(description, ''), 20000)), 'B')
    ) STORED
) WITH (fillfactor = 50); -- room in the page for the next versions of its rows: HOT updates

CREATE INDEX idx_dashboards_owner ON dashboards (owner_id);
CREATE INDEX idx_dashboards_search ON dashboards USING GIN (search_vector);
CREATE INDEX idx_dashboards_updated ON dashboards (updated_at DESC);

CREATE TABLE dashboard_collaborators (
    id UUID PRIMARY KEY DEFAULT gen_random_uuid(),
    -- A membership means nothing without both of its ends.
    dashboard_id UUID NOT NULL REFERENCES dashboards (id) ON DELETE CASCADE,
    user_id UUID NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    role VARCHAR(50) NOT NULL CHECK (role IN ('viewer', 'editor', 'admin')),
    -- An invitation outlives who gave it.
    invited_by UUID REFERENCES users (id) ON DELETE SET NULL,
    invited_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    accepted_at TIMESTAMPTZ,
    last_accessed_at TIMESTAMPTZ,
    is_active BOOLEAN NOT NULL DEFAULT true,
    permissions JSONB NOT NULL DEFAULT '[]',

    -- Its index also serves the seed's idx_collaborators_dashboard: it begins with the dashboard.
    UNIQUE (dashboard_id, user_id)
);

CREATE INDEX idx_collaborators_user ON dashboard_collaborators (user_id);

CREATE TABLE widgets (
    id UUID NOT NULL DEFAULT gen_random_uuid(),
    dashboard_id UUID NOT NULL REFERENCES dashboards (id) ON DELETE CASCADE,
    type VARCHAR(100) NOT NULL,
    title VARCHAR(255),
    position JSONB NOT NULL, -- {x, y, width, height, zIndex?}
    config JSONB NOT NULL DEFAULT '{}',
    data JSONB NOT NULL DEFAULT '{}',
    created_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    updated_at TIMESTAMPTZ NOT NULL DEFAULT CURRENT_TIMESTAMP,
    -- What people have made outlives them.
    created_by UUID REFERENCES users (id) ON DELETE SET NULL,
    updated_by UUID REFERENCES users (id) ON DELETE SET NULL,
    version INTEGER NOT NULL DEFAULT 0, -- of the checkpoint that last changed this row
    is_locked BOOLEAN NOT NULL DEFAULT false,

    -- Clients choose widget ids. Were the id alone the key, one that exists in somebody else's
    -- dashboard would make every checkpoint of this one fail. The index also serves the seed's
    -- idx_widgets_dashboard.
    PRIMARY KEY (dashboard_id, id)
);

CREATE INDEX idx_widgets_type ON widgets (type);
