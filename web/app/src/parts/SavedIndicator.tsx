/**
 * Law 2 for people: what the client's status says, and nothing rosier. That something is saved is
 * said once nothing has been pending for a moment: it would flicker, and be read out, with each key.
 */

import type { Board, Status } from "@weft/client";
import { useEffect, useState } from "preact/hooks";

import { Icon, type IconName } from "./Icon.tsx";
import { useLook } from "./looks.ts";

const SHOWN: { readonly [state in Status["state"]]: readonly [IconName, string] } = {
  saved: ["check", "Saved"],
  conflict: ["warning", "Saved, with lost edits"],
  saving: ["cloud", "Saving…"],
  offline: ["offline", "Offline"],
  failed: ["warning", "Not saved"],
};

const SETTLED_MS = 400; // longer than between two keys of who types

/** How many are not durable yet. */
export function editsOf({ pending }: Status): string {
  return pending === 1 ? "1 edit" : `${pending} edits`;
}

/** `data-state` is what is so, the rest is what is said. */
export function SavedIndicator({ board }: { readonly board: Board }) {
  const status = useLook(board, statusOf, isShownAlike);
  const said = useSettled(status.state);
  const [icon, name] = SHOWN[said];
  const waiting = said === "offline" && status.pending > 0;
  return (
    <span class={`saved saved-${said}`} role="status" data-state={status.state}>
      <Icon name={icon} />
      <span class="saved-text">{waiting ? `${editsOf(status)} to send` : name}</span>
    </span>
  );
}

/** "saving" stays until it has been over for a while; every other state is said at once. */
function useSettled(state: Status["state"]): Status["state"] {
  const [lingers, setLingers] = useState(false);
  useEffect(() => {
    if (state === "saving") return setLingers(true);
    const timer = setTimeout(() => setLingers(false), SETTLED_MS);
    return () => clearTimeout(timer);
  }, [state]);
  return lingers && state === "saved" ? "saving" : state;
}

function statusOf({ status }: Board): Status {
  return status;
}

/** How many are on their way is not shown. */
function isShownAlike(one: Status, other: Status): boolean {
  return one.state === other.state && (one.state === "saving" || one.pending === other.pending);
}
