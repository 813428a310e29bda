-- The newest value that a feed has given a widget, beside what its document says. Not part of what a
-- replay of the log must give, so no trigger, no index and no checkpoint reads it.
ALTER TABLE widgets
    ADD COLUMN live_data JSONB,
    ADD COLUMN live_at TIMESTAMPTZ;
