/** Law 2 for people: what the client's status says, and nothing rosier. */

import type { Board, Status } from "@weft/client";

import { Icon, type IconName } from "./Icon.tsx";
import { useLook } from "./looks.ts";

const SHOWN: { readonly [state in Status["state"]]: readonly [IconName, string] } = {
  saved: ["check", "Saved"],
  conflict: ["warning", "Saved, with lost edits"],
  saving: ["cloud", "Saving…"],
  offline: ["offline", "Offline"],
  failed: ["warning", "Not saved"],
};

/** How many are not durable yet. */
export function editsOf({ pending }: Status): string {
  return pending === 1 ? "1 edit" : `${pending} edits`;
}

export function SavedIndicator({ board }: { readonly board: Board }) {
  const status = useLook(board, statusOf, isShownAlike);
  const [icon, name] = SHOWN[status.state];
  const waiting = status.state === "offline" && status.pending > 0;
  return (
    <span class={`saved saved-${status.state}`} role="status" data-state={status.state}>
      <Icon name={icon} />
      <span class="wide-only">{waiting ? `${editsOf(status)} to send` : name}</span>
    </span>
  );
}

function statusOf({ status }: Board): Status {
  return status;
}

/** How many are on their way is not shown. */
function isShownAlike(one: Status, other: Status): boolean {
  return one.state === other.state && (one.state === "saving" || one.pending === other.pending);
}
