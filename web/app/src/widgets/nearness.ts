/**
 * What nobody sees costs nothing: a widget is filled when it first comes near the window, and what
 * is fed to it is drawn while it is there.
 */

import { useEffect, useState } from "preact/hooks";

const NEAR_PX = 300;

type Watcher = (isNear: boolean) => void;

const watchers = new WeakMap<Element, Set<Watcher>>();
const observer = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      for (const watcher of watchers.get(target) ?? []) watcher(isIntersecting);
    }
  },
  { rootMargin: `${NEAR_PX}px` },
);

/** Returns what ends it. `watcher` is told at once, and with each change. */
function watch(element: Element, watcher: Watcher): () => void {
  const watching = watchers.get(element) ?? new Set();
  watchers.set(element, watching.add(watcher));
  observer.unobserve(element); // so that it is told at once, whoever watches already
  observer.observe(element);
  return () => {
    watching.delete(watcher);
    if (watching.size === 0) observer.unobserve(element);
  };
}

interface Box {
  readonly current: Element | null;
}

/** True from when it comes near; at once if it is known to start there. */
export function useNearness(element: Box, startsNear: boolean): boolean {
  const [isNear, setIsNear] = useState(startsNear);
  useEffect(() => {
    const watched = element.current;
    if (isNear || watched === null) return;
    return watch(watched, (is) => is && setIsNear(true));
  }, [isNear]);
  return isNear;
}

/** Whether it is near the window now. */
export function useVisibility(element: Box): boolean {
  const [isNear, setIsNear] = useState(false);
  useEffect(() => (element.current === null ? undefined : watch(element.current, setIsNear)), []);
  return isNear;
}
