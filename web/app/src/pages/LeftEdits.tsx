/**
 * Edits that a closed tab has left on this device: they are sent once their dashboard is opened, so
 * the list says which one that is. Law 2: nobody is to take them for saved.
 */

import type { IndexedDbStore, Left } from "@weft/client";
import { useCallback, useEffect, useState } from "preact/hooks";

import { Dialog } from "../parts/Dialog.tsx";
import { Icon } from "../parts/Icon.tsx";
import { follow } from "../session/route.ts";

export function LeftEdits({ store }: { readonly store: IndexedDbStore }) {
  const [left, setLeft] = useState<readonly Left[]>([]);
  const [doomed, setDoomed] = useState<Left | null>(null);
  const look = useCallback(() => {
    store.left().then(setLeft, () => setLeft([])); // a browser that denies its storage keeps none
  }, [store]);
  useEffect(() => {
    look();
    document.addEventListener("visibilitychange", look); // a tab beside this one may have gone
    return () => document.removeEventListener("visibilitychange", look);
  }, [look]);

  const discard = async ({ dashboardId }: Left): Promise<void> => {
    setDoomed(null);
    await store.discard(dashboardId).catch(() => {}); // then it is still listed
    look();
  };
  if (left.length === 0) return null;
  return (
    <>
      <ul class="left-edits" aria-label="Unsent edits">
        {left.map((each) => (
          <li key={each.dashboardId}>
            <Icon name="offline" />
            <span class="grow">
              Unsent edits to <strong>{nameOf(each)}</strong> wait on this device.
            </span>
            <button onClick={() => setDoomed(each)}>Discard…</button>
            <a class="button primary" href={`/d/${each.dashboardId}`} onClick={follow}>
              Open to send
            </a>
          </li>
        ))}
      </ul>
      {doomed && (
        <Dialog title="Discard unsent edits?" close={() => setDoomed(null)}>
          <div class="stack">
            <p>Your edits to “{nameOf(doomed)}” that were not sent are gone for good.</p>
            <button class="primary" onClick={() => void discard(doomed)}>
              Discard
            </button>
          </div>
        </Dialog>
      )}
    </>
  );
}

function nameOf({ title }: Left): string {
  return title || "Untitled";
}
