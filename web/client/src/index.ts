/**
 * Live dashboards in the browser: edits shown at once, merged with everyone's, durable before they
 * are called saved.
 *
 *     const client = connect("wss://host/", { token, store: new IndexedDbStore(userId) });
 *     const board = await client.join(dashboardId);
 *     board.listen(() => render(board.document, board.status));
 *     board.set(null, "title", "Sales");
 */

export type { Person } from "./client/attendance.ts";
export { Board } from "./client/board_loop.ts";
export type { Listener, LiveChanged, News, StatusChanged } from "./client/board_loop.ts";
export { Client, connect } from "./client/connection_loop.ts";
export type { ClientOptions, Token } from "./client/connection_loop.ts";
export type { Where } from "./client/editing.ts";
export { IndexedDbStore } from "./client/indexeddb_store.ts";
export type { Left } from "./client/indexeddb_store.ts";
export type {
  FeedRefused,
  Notify,
  Origin,
  Permit,
  Progress,
  Show,
  ShowPresence,
} from "./client/instructions.ts";
export type { LiveValue } from "./client/live.ts";
export { lostValue } from "./client/notices.ts";
export type { Loss, Notice } from "./client/notices.ts";
export type { Whereabouts } from "./client/places.ts";
export type { Rights } from "./client/rights.ts";
export type { State, Status } from "./client/status.ts";
export { MemoryStore } from "./client/store.ts";
export type { Claim, ReplicaStore } from "./client/store.ts";
export { OperationError, WeftError } from "./errors.ts";
export { apply } from "./ot/application.ts";
export { operationFromJson, operationToJson } from "./ot/codec.ts";
export { transformCursor } from "./ot/cursors.ts";
export type { Cursor } from "./ot/cursors.ts";
export { Document } from "./ot/document.ts";
export { invert } from "./ot/inversion.ts";
export { compose, normalize } from "./ot/normal_form.ts";
export { operation } from "./ot/operation.ts";
export type { JsonObject, JsonValue, Operation, Operations, Path, Target } from "./ot/operation.ts";
export { countPoints, differenceOf, pointsBefore, unitsBefore } from "./ot/points.ts";
export { transform, transformPair } from "./ot/transformation.ts";
export type * from "./wire/messages.ts";
