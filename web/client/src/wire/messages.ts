/**
 * Every message of docs/spec.md, part 3, as types.
 *
 * Written by web/client/generate_wire.py: change the models of the server, and run it again.
 */

import type { JsonValue } from "../ot/operation.ts";

export type Role = "owner" | "admin" | "editor" | "viewer";

export type OperationJson =
  | InsertJson
  | DeleteJson
  | FormatJson
  | UpdateJson
  | MoveJson
  | ResizeJson
  | AddWidgetJson
  | RemoveWidgetJson
  | NoopJson;

export type ClientMessage =
  | Hello
  | Authenticate
  | Join
  | Leave
  | Submit
  | SetPresence
  | Feed
  | Ping;

export type ServerMessage =
  | Welcome
  | SnapshotPart
  | Reauthenticate
  | Authenticated
  | UserNotice
  | Tail
  | Joined
  | Roster
  | PresenceChanged
  | Permission
  | Committed
  | Data
  | Acknowledged
  | Rejected
  | Ended
  | ErrorMessage
  | GoAway
  | Pong;

export interface About {
  readonly dashboardId?: string;
  readonly sequence?: number;
  readonly widgetId?: string;
}

export interface Acknowledged {
  readonly type: "acknowledged";
  readonly dashboardId: string;
  readonly sequence: number;
  readonly version: number;
}

export interface AddWidgetJson {
  readonly type: "addWidget";
  readonly targetId: string;
  readonly value: NewWidgetJson;
  readonly plugin?: string;
}

/** A fresh token of the same user, before the one that the socket has ends. */
export interface Authenticate {
  readonly type: "authenticate";
  readonly token: string;
}

/** The fresh token counts; it ends at `deadline`, ms since epoch. */
export interface Authenticated {
  readonly type: "authenticated";
  readonly deadline: number;
}

export interface Committed {
  readonly type: "committed";
  readonly dashboardId: string;
  readonly submissions: readonly Submission[];
}

export interface CoordinatesJson {
  readonly x?: number;
  readonly y?: number;
  readonly width?: number;
  readonly height?: number;
}

export interface CursorPosition {
  readonly x: number;
  readonly y: number;
  readonly elementId?: string;
  readonly path?: readonly string[];
  readonly offset?: number;
}

/** Live values by widget, the latest of each; some may have been skipped. */
export interface Data {
  readonly type: "data";
  readonly dashboardId: string;
  readonly values: { readonly [key: string]: Live };
}

export interface DeleteJson {
  readonly type: "delete";
  readonly targetId?: string;
  readonly path: readonly string[];
  readonly position: number;
  readonly length: number;
  readonly plugin?: string;
}

export interface DocumentJson {
  readonly title: string;
  readonly description: string | null;
  readonly settings: { readonly [key: string]: JsonValue };
  readonly layout: readonly JsonValue[];
  readonly widgets: { readonly [key: string]: WidgetJson };
}

/** The error fields, or only `code: "left"`. */
export interface Ended {
  readonly type: "ended";
  readonly dashboardId: string;
  readonly code: string;
  readonly message?: string;
  readonly fault?: Fault;
  readonly retry?: Retry;
  readonly retryAfterMs?: number;
  readonly [detail: string]: unknown;
}

export interface ErrorMessage {
  readonly code: string;
  readonly message: string;
  readonly fault: Fault;
  readonly retry: Retry;
  readonly retryAfterMs?: number;
  readonly type: "error";
  readonly about?: About;
  readonly [detail: string]: unknown;
}

/** Who has to change something. */
export type Fault = "client" | "server";

/** The newest data of a widget, beside its document. Only a refusal is answered. */
export interface Feed {
  readonly type: "feed";
  readonly dashboardId: string;
  readonly widgetId: string;
  readonly value: { readonly [key: string]: JsonValue };
}

export interface FormatJson {
  readonly type: "format";
  readonly targetId?: string;
  readonly path: readonly string[];
  readonly position: number;
  readonly length: number;
  readonly attributes: { readonly [key: string]: JsonValue };
  readonly plugin?: string;
}

export interface GoAway {
  readonly code: string;
  readonly message: string;
  readonly fault: Fault;
  readonly retry: Retry;
  readonly retryAfterMs?: number;
  readonly type: "goaway";
  readonly [detail: string]: unknown;
}

export interface Hello {
  readonly type: "hello";
  readonly protocol: readonly number[];
  readonly token: string;
  readonly client?: string;
}

export interface InsertJson {
  readonly type: "insert";
  readonly targetId?: string;
  readonly path: readonly string[];
  readonly position: number;
  readonly value: JsonValue;
  readonly attributes?: { readonly [key: string]: JsonValue };
  readonly plugin?: string;
}

export interface Join {
  readonly type: "join";
  readonly dashboardId: string;
  readonly replicaId: string;
  readonly version?: number;
  readonly wantsTail?: boolean;
}

export interface Joined {
  readonly type: "joined";
  readonly dashboardId: string;
  readonly version: number;
  readonly role: Role;
  readonly permissions?: readonly string[];
  readonly snapshot?: Snapshot;
  readonly submissions: readonly Submission[];
  readonly lastSequence: number;
  readonly lastVersion: number;
  readonly roster?: readonly Present[];
  readonly live?: { readonly [key: string]: Live };
}

export interface Leave {
  readonly type: "leave";
  readonly dashboardId: string;
}

/** What a feed has given a widget last; without `value`, it has none any more. */
export interface Live {
  readonly at: number;
  readonly value?: { readonly [key: string]: JsonValue };
}

export interface MoveJson {
  readonly type: "move";
  readonly targetId: string;
  readonly value: CoordinatesJson;
  readonly oldValue?: CoordinatesJson;
  readonly plugin?: string;
}

export interface NewWidgetJson {
  readonly type: string;
  readonly position: PositionJson;
  readonly title?: string | null;
  readonly config?: { readonly [key: string]: JsonValue };
  readonly data?: { readonly [key: string]: JsonValue };
  readonly isLocked?: boolean;
}

export interface NoopJson {
  readonly type: "noop";
  readonly reason: string;
  readonly targetId?: string;
  readonly path?: readonly string[];
}

/** What this user may do from now on: cells as `write widget`. */
export interface Permission {
  readonly type: "permission";
  readonly dashboardId: string;
  readonly role: Role;
  readonly permissions: readonly string[];
}

export interface Ping {
  readonly type: "ping";
  readonly nonce?: string | number;
}

export interface Pong {
  readonly type: "pong";
  readonly nonce?: string | number;
  readonly serverTime: number;
}

export interface PositionJson {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly zIndex?: number;
}

/** Who has come or moved, and the connections that have gone. */
export interface PresenceChanged {
  readonly type: "presence";
  readonly dashboardId: string;
  readonly changed: readonly Present[];
  readonly left: readonly string[];
}

export interface PresenceUser {
  readonly id: string;
  readonly username: string;
  readonly avatarUrl?: string;
  readonly color: string;
}

/** One connection of somebody who is here, and the version that its offsets belong to. */
export interface Present {
  readonly userId: string;
  readonly user: PresenceUser;
  readonly cursor?: CursorPosition;
  readonly selection?: readonly SelectionRange[];
  readonly viewport?: Viewport;
  readonly isActive: boolean;
  readonly lastUpdate: string;
  readonly connectionId: string;
  readonly replicaId: string;
  readonly version?: number;
}

/** The token ends at `deadline`, ms since epoch; then the socket is closed. */
export interface Reauthenticate {
  readonly type: "reauthenticate";
  readonly deadline: number;
}

export interface Rejected {
  readonly code: string;
  readonly message: string;
  readonly fault: Fault;
  readonly retry: Retry;
  readonly retryAfterMs?: number;
  readonly type: "rejected";
  readonly dashboardId: string;
  readonly sequence: number;
  readonly [detail: string]: unknown;
}

export interface RemoveWidgetJson {
  readonly type: "removeWidget";
  readonly targetId: string;
  readonly oldValue?: { readonly [key: string]: JsonValue };
  readonly plugin?: string;
}

export interface ResizeJson {
  readonly type: "resize";
  readonly targetId: string;
  readonly value: CoordinatesJson;
  readonly oldValue?: CoordinatesJson;
  readonly plugin?: string;
}

/** What trying again takes. */
export type Retry = "never" | "later" | "rebase" | "rejoin" | "reauthenticate";

/** Everybody who is present; it replaces what was told before. */
export interface Roster {
  readonly type: "roster";
  readonly dashboardId: string;
  readonly roster: readonly Present[];
}

/** From start to end, which may lie before it: a selection made backwards. */
export interface SelectionRange {
  readonly startElementId: string;
  readonly startOffset: number;
  readonly endElementId: string;
  readonly endOffset: number;
  readonly startPath?: readonly string[];
  readonly endPath?: readonly string[];
}

/** All of where this connection is now; it replaces what was said before. See `Present`. */
export interface SetPresence {
  readonly type: "presence";
  readonly dashboardId: string;
  readonly version?: number;
  readonly cursor?: CursorPosition;
  readonly selection?: readonly SelectionRange[];
  readonly viewport?: Viewport;
  readonly isActive?: boolean;
}

export interface Snapshot {
  readonly version: number;
  readonly state: DocumentJson;
}

/** One of `parts` of a large snapshot: their texts together are the JSON of its state. */
export interface SnapshotPart {
  readonly type: "snapshot";
  readonly dashboardId: string;
  readonly version: number;
  readonly part: number;
  readonly parts: number;
  readonly text: string;
}

/** A committed submission, its operations as transformed; `at` in ms since epoch. */
export interface Submission {
  readonly version: number;
  readonly replicaId: string;
  readonly sequence: number;
  readonly userId: string;
  readonly baseVersion: number;
  readonly operations: readonly OperationJson[];
  readonly at: number;
}

export interface Submit {
  readonly type: "submit";
  readonly dashboardId: string;
  readonly sequence: number;
  readonly baseVersion: number;
  readonly seenVersion?: number;
  readonly operations: readonly OperationJson[];
}

export interface Tail {
  readonly type: "tail";
  readonly dashboardId: string;
  readonly submissions: readonly Submission[];
  readonly headVersion: number;
}

export interface UpdateJson {
  readonly type: "update";
  readonly targetId?: string;
  readonly path: readonly string[];
  readonly value?: JsonValue;
  readonly oldValue?: JsonValue;
  readonly plugin?: string;
}

/** Something that the host product wants this user to read, now. */
export interface UserNotice {
  readonly type: "notice";
  readonly text: string;
}

export interface Viewport {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly zoom: number;
}

export interface Welcome {
  readonly type: "welcome";
  readonly protocol: number;
  readonly connectionId: string;
  readonly userId: string;
  readonly serverTime: number;
  readonly limits: { readonly [key: string]: number };
}

export interface WidgetJson {
  readonly type: string;
  readonly title: string | null;
  readonly position: PositionJson;
  readonly config: { readonly [key: string]: JsonValue };
  readonly data: { readonly [key: string]: JsonValue };
  readonly isLocked: boolean;
}
