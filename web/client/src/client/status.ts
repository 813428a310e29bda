/** Law 2, durable first, as people see it: "saved" is never shown before it is true. */

import type { WeftError } from "../errors.ts";

/**
 * saved: connected, and nothing is pending: all that is shown is durable.
 * conflict: the same, but an open notice tells of an edit that was lost.
 * saving: edits are pending, and on their way.
 * offline: not joined; edits wait.
 * failed: over for good, see `error`.
 */
export type State = "saved" | "conflict" | "saving" | "offline" | "failed";

/**
 * offline: there is no connection.
 * joining: a join is on its way.
 * joined: the server sends what is committed.
 * waiting: connected, and joins again when the wait is over.
 * leaving: a leave is on its way; whatever ends the connection ends it, too.
 * finished: left, or refused for good.
 */
export type Phase = "offline" | "joining" | "joined" | "waiting" | "leaving" | "finished";

export interface Status {
  readonly state: State;
  readonly pending: number; // operations that are not durable yet
  readonly conflicts: number; // open notices
  readonly error: WeftError | null;
}

export function statusOf(facts: Omit<Status, "state"> & { readonly phase: Phase }): Status {
  const { phase, pending, conflicts, error } = facts;
  let state: State = conflicts > 0 ? "conflict" : "saved";
  if (error !== null) state = "failed";
  else if (phase !== "joined") state = "offline";
  else if (pending > 0) state = "saving";
  return { state, pending, conflicts, error };
}
