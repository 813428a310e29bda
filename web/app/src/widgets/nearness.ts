/** What nobody sees costs nothing: a widget is filled when it first comes near the window. */

import { useEffect, useState } from "preact/hooks";

const NEAR_PX = 300;

const waiting = new WeakMap<Element, () => void>();
const observer = new IntersectionObserver(
  (entries) => {
    for (const { isIntersecting, target } of entries) {
      if (isIntersecting) waiting.get(target)?.();
    }
  },
  { rootMargin: `${NEAR_PX}px` },
);

/** True from when it comes near; at once if it is known to start there. */
export function useNearness(
  element: { readonly current: Element | null },
  startsNear: boolean,
): boolean {
  const [isNear, setIsNear] = useState(startsNear);
  useEffect(() => {
    const watched = element.current;
    if (isNear || watched === null) return;
    waiting.set(watched, () => setIsNear(true));
    observer.observe(watched);
    return () => observer.unobserve(watched);
  }, [isNear]);
  return isNear;
}
