/** The limits that only a browser has; what the server shares is in `wire/tables.ts`. */

export const UNDO_MAX_STEPS = 200; // of one board; the oldest goes
export const UNDO_STEP_MAX_MS = 1_000; // edits within it are one step, as people think of them
export const STORED_LOG_MAX_VERSIONS = 300; // then the whole document is stored anew
export const STORED_LOG_MAX_BYTES = 1_048_576; // likewise
