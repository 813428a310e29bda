/** Others see who looks at something else, or has left the desk. */

import type { Board } from "@weft/client";
import { useEffect } from "preact/hooks";

import { tell } from "./here.ts";

const IDLE_AFTER_MS = 120_000;
const SIGNS = ["pointermove", "pointerdown", "keydown", "scroll"] as const;

export function useActivity(board: Board): void {
  useEffect(() => {
    let lastSignAt = performance.now();
    let timer: ReturnType<typeof setTimeout> | null = null;
    const look = (): void => {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      const left = lastSignAt + IDLE_AFTER_MS - performance.now();
      const isActive = document.visibilityState === "visible" && left > 0;
      tell(board, { isActive });
      if (isActive) timer = setTimeout(look, left);
    };
    const sign = (): void => {
      lastSignAt = performance.now();
      if (timer === null) look(); // else the timer finds it
    };
    look();
    document.addEventListener("visibilitychange", look);
    for (const each of SIGNS) addEventListener(each, sign, { capture: true, passive: true });
    return () => {
      if (timer !== null) clearTimeout(timer);
      document.removeEventListener("visibilitychange", look);
      for (const each of SIGNS) removeEventListener(each, sign, { capture: true });
    };
  }, [board]);
}
