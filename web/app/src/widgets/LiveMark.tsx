/** Says that a widget is fed, and whether anything has come lately. */

import type { LiveValue } from "@weft/client";
import { useEffect, useRef, useState } from "preact/hooks";

const FRESH_MS = 10_000;

export function LiveMark({ live }: { readonly live: LiveValue | undefined }) {
  const [isFresh, setIsFresh] = useState(false);
  const before = useRef<number | null>(null);
  useEffect(() => {
    if (live === undefined) return setIsFresh(false);
    // What comes while somebody looks is new, whatever the clocks here and there say.
    const isNew = before.current !== null && live.at > before.current;
    const left = isNew ? FRESH_MS : live.at + FRESH_MS - Date.now();
    before.current = live.at;
    setIsFresh(left > 0);
    const timer = setTimeout(() => setIsFresh(false), Math.max(0, Math.min(left, FRESH_MS)));
    return () => clearTimeout(timer);
  }, [live]);
  if (live === undefined) return null;
  const last = new Date(live.at).toLocaleTimeString();
  return (
    <span class={isFresh ? "live-mark fresh" : "live-mark"} title={`Last figures: ${last}`}>
      {isFresh ? "Live" : "Paused"}
    </span>
  );
}
