/** Law 2 for people: what the client's status says, and nothing rosier. */

import type { Status } from "@weft/client";

import { Icon, type IconName } from "./Icon.tsx";

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

export function SavedIndicator({ status }: { readonly status: Status }) {
  const [icon, name] = SHOWN[status.state];
  const waiting = status.state === "offline" && status.pending > 0;
  return (
    <span class={`saved saved-${status.state}`} role="status" data-state={status.state}>
      <Icon name={icon} />
      <span class="wide-only">{waiting ? `${editsOf(status)} to send` : name}</span>
    </span>
  );
}
