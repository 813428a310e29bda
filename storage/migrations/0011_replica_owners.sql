-- Whose a replica is: nobody else goes on under its id. Not known of those from before. No foreign
-- key, as in the log: what a deleted user has submitted stays theirs.
ALTER TABLE replica_marks ADD COLUMN user_id UUID;
