/** What a replica says to the server, in the words of the wire. When, is for the replica. */

import { operationToJson } from "../ot/codec.ts";
import type { Join, Submit } from "../wire/messages.ts";
import type { WorkingCopy } from "./working_copy.ts";

interface Ids {
  readonly dashboardId: string;
  readonly replicaId: string;
}

/** To go on from what is held; or, when that is of no use, as if nothing were. */
export function joinOf(ids: Ids, copy: WorkingCopy, startsAfresh: boolean): Join {
  const { dashboardId, replicaId } = ids;
  const wantsTail = !copy.pending.isEmpty && !startsAfresh;
  const known = copy.version !== null && !startsAfresh ? { version: copy.version } : {};
  return { type: "join", dashboardId, replicaId, wantsTail, ...known };
}

/** What is in flight, as it is now, on top of what is confirmed. */
export function submitOf(dashboardId: string, { pending, version }: WorkingCopy): Submit {
  const { sequence, seenVersion, operations } = pending.inFlight!;
  return {
    type: "submit",
    dashboardId,
    sequence,
    baseVersion: version!,
    ...(seenVersion !== null && { seenVersion }),
    operations: operations.map(operationToJson),
  };
}
