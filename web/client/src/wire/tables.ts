/**
 * What both sides of the wire must agree on, as values.
 *
 * Written by web/client/generate_wire.py: change the models of the server, and run it again.
 */

import type { Fault, Retry, Role } from "./messages.ts";

export const PROTOCOL_VERSION = 1;

export const FRAME_MAX_BYTES = 1_048_576;
export const JSON_MAX_DEPTH = 64;
export const INTEGER_MAX = 9_007_199_254_740_991;
export const KEY_MAX_CHARACTERS = 200;
export const FORBIDDEN_KEYS = ["__proto__", "constructor", "prototype"] as readonly string[];
export const OPERATIONS_MAX_PER_SUBMISSION = 500;
export const PATH_MAX_SEGMENTS = 32;
export const TITLE_MAX_CHARACTERS = 255;
export const WIDGET_TYPE_MAX_CHARACTERS = 100;
export const DESCRIPTION_MAX_CHARACTERS = 100_000;
export const WIDGETS_MAX_PER_DASHBOARD = 2_000;
export const DOCUMENT_MAX_BYTES = 33_554_432;
export const TEXT_MAX_CHARACTERS = 4_194_304;
export const PING_INTERVAL_SECONDS = 20;
export const RECONNECT_FIRST_SECONDS = 0.25;
export const RECONNECT_QUICK_MAX_SECONDS = 1;
export const RECONNECT_QUICK_ATTEMPTS = 10;
export const RECONNECT_MAX_SECONDS = 15;
export const JOIN_PATIENCE_ATTEMPTS = 5;
export const OPEN_TIMEOUT_SECONDS = 10;
export const ANSWER_TIMEOUT_SECONDS = 4;
export const ANSWER_TIMEOUT_DOUBLINGS_MAX = 3;
export const SILENCE_FORGOTTEN_SECONDS = 120;
export const CLOSE_SAVE_TIMEOUT_SECONDS = 5;
export const PRESENCE_HISTORY_VERSIONS = 128;
export const PRESENCE_MAX_BYTES = 4_096;
export const PRESENCE_TICK_SECONDS = 0.0333333;
export const SELECTION_RANGES_MAX = 100;
export const EDIT_MAX_BYTES = 1_047_552;
export const SUBMISSION_TARGET_BYTES = 524_288;
export const SUBMISSION_TARGET_OPERATIONS = 50;
export const NOTICES_MAX = 100;
export const OWN_WRITES_MAX = 300;

type Entry = readonly [Fault, Retry, string];

/** Error codes: whose fault, what trying again takes, and the meaning. */
export const CODES = {
  malformed: ["client", "never", "The frame is not a JSON object in UTF-8."],
  invalid_message: ["client", "never", "A field is missing, unknown or mistyped."],
  unsupported_protocol: ["client", "never", "No common protocol version."],
  too_large: ["client", "never", "A size limit is exceeded."],
  too_deep: ["client", "never", "JSON is nested beyond the limit."],
  unstorable_text: [
    "client",
    "never",
    "A string holds NUL or a lone surrogate, which PostgreSQL cannot hold.",
  ],
  invalid_number: ["client", "never", "A number is NaN, infinite, or an integer beyond 2^53 - 1."],
  forbidden_key: ["client", "never", "A key such as __proto__ is not allowed."],
  invalid_operation: ["client", "never", "The operation is not well formed."],
  invalid_path: ["client", "never", "The path does not exist, or not for this type."],
  target_missing: ["client", "never", "The widget does not exist."],
  target_exists: ["client", "never", "A widget with this id exists already."],
  out_of_range: ["client", "never", "A position or length lies outside the sequence."],
  limit_exceeded: ["client", "never", "The result would exceed a document limit."],
  not_joined: ["client", "rejoin", "This connection has not joined that dashboard."],
  in_flight: ["client", "later", "Another submission of this replica is in flight."],
  id_reused: ["client", "never", "This id has committed with other content."],
  future_version: ["client", "rejoin", "The base version is ahead of the dashboard."],
  rebase_required: ["client", "rebase", "The base version is too far behind."],
  rate_limited: ["client", "later", "Too many in too short a time."],
  unauthenticated: ["client", "reauthenticate", "The token is unknown or has ended."],
  forbidden: ["client", "never", "The user may not do this."],
  unknown_dashboard: ["client", "never", "No such dashboard, or not for this user."],
  refused: ["client", "never", "A plug-in of this deployment refuses it."],
  not_found: ["client", "never", "No such thing."],
  conflict: ["client", "never", "It exists already, or has changed meanwhile."],
  owner_moved: ["server", "rejoin", "Another owner has taken this dashboard over."],
  owner_unavailable: ["server", "later", "No owner answers for this dashboard now."],
  storage_unavailable: ["server", "later", "PostgreSQL does not answer now."],
  slow_reader: ["client", "rejoin", "The reader did not keep up."],
  going_away: ["server", "rejoin", "This server is being stopped or moved."],
  quarantined: ["server", "never", "This submission failed inside the server."],
  unreadable: ["server", "later", "What is stored of this dashboard cannot be read."],
  plugin_failed: ["server", "never", "A plug-in failed at this, and must not."],
  plugin_unavailable: ["server", "later", "A plug-in that has to agree does not answer."],
  internal: ["server", "later", "A fault of the server, logged under its cause id."],
  misconfigured: ["server", "never", "A setting is missing or wrong."],
  migration_mismatch: ["server", "never", "The database schema is not the expected."],
} as const satisfies { readonly [code: string]: Entry };

/** Why a socket was closed: the name, and what trying again takes. */
export const CLOSE_CODES: { readonly [code: number]: readonly [string, Retry] } = {
  1000: ["normal", "never"],
  1001: ["going_away", "rejoin"],
  1003: ["binary_frame", "never"],
  1007: ["not_utf8", "never"],
  1009: ["frame_too_large", "never"],
  1011: ["internal", "later"],
  4400: ["protocol_violation", "never"],
  4401: ["unauthenticated", "reauthenticate"],
  4406: ["no_common_protocol", "never"],
  4408: ["hello_timeout", "later"],
  4413: ["slow_reader", "rejoin"],
  4429: ["rate_limited", "later"],
};

/** What each role may do where nothing else is granted, as `write widget`. */
export const ROLE_CELLS: { readonly [role in Role]: readonly string[] } = {
  owner: [
    "admin collaborators",
    "admin dashboard",
    "admin settings",
    "admin widget",
    "delete collaborators",
    "delete dashboard",
    "delete settings",
    "delete widget",
    "read collaborators",
    "read dashboard",
    "read settings",
    "read widget",
    "share collaborators",
    "share dashboard",
    "share settings",
    "share widget",
    "write collaborators",
    "write dashboard",
    "write settings",
    "write widget",
  ],
  admin: [
    "admin collaborators",
    "admin dashboard",
    "admin settings",
    "admin widget",
    "delete collaborators",
    "delete settings",
    "delete widget",
    "read collaborators",
    "read dashboard",
    "read settings",
    "read widget",
    "share collaborators",
    "share dashboard",
    "share settings",
    "share widget",
    "write collaborators",
    "write dashboard",
    "write settings",
    "write widget",
  ],
  editor: [
    "delete widget",
    "read collaborators",
    "read dashboard",
    "read settings",
    "read widget",
    "write dashboard",
    "write settings",
    "write widget",
  ],
  viewer: ["read collaborators", "read dashboard", "read settings", "read widget"],
};

/** The fields that are always in what a server sends, and of what kind each is. */
export type Shape = { readonly [field: string]: string };
export const SHAPES: { readonly [name: string]: Shape } = {
  acknowledged: { dashboardId: "string", sequence: "number", version: "number" },
  authenticated: { deadline: "number" },
  committed: { dashboardId: "string", submissions: "Submission[]" },
  data: { dashboardId: "string", values: "object" },
  ended: { dashboardId: "string", code: "string" },
  error: { code: "string", message: "string", fault: "string", retry: "string" },
  goaway: { code: "string", message: "string", fault: "string", retry: "string" },
  joined: {
    dashboardId: "string",
    version: "number",
    role: "string",
    submissions: "Submission[]",
    lastSequence: "number",
    lastVersion: "number",
  },
  notice: { text: "string" },
  permission: { dashboardId: "string", role: "string", permissions: "string[]" },
  pong: { serverTime: "number" },
  presence: { dashboardId: "string", changed: "object[]", left: "string[]" },
  reauthenticate: { deadline: "number" },
  rejected: {
    code: "string",
    message: "string",
    fault: "string",
    retry: "string",
    dashboardId: "string",
    sequence: "number",
  },
  roster: { dashboardId: "string", roster: "object[]" },
  snapshot: {
    dashboardId: "string",
    version: "number",
    part: "number",
    parts: "number",
    text: "string",
  },
  tail: { dashboardId: "string", submissions: "Submission[]", headVersion: "number" },
  welcome: {
    protocol: "number",
    connectionId: "string",
    userId: "string",
    serverTime: "number",
    limits: "object",
  },
  Submission: {
    version: "number",
    replicaId: "string",
    sequence: "number",
    userId: "string",
    baseVersion: "number",
    operations: "object[]",
    at: "number",
  },
};
