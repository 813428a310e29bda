/** What the address shows: the list, or one dashboard. */

import { useEffect, useState } from "preact/hooks";

export type Route = { readonly kind: "home" } | { readonly kind: "board"; readonly id: string };

const UUID = /^\/d\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

export function routeOf(path: string): Route {
  const found = UUID.exec(path);
  return found === null ? { kind: "home" } : { kind: "board", id: found[1]! };
}

export function go(path: string): void {
  history.pushState(null, "", path);
  dispatchEvent(new PopStateEvent("popstate"));
}

/** For links: a click with a modifier is the browser's. */
export function follow(event: MouseEvent): void {
  const plain = !event.metaKey && !event.ctrlKey && !event.shiftKey && event.button === 0;
  const link = event.currentTarget as HTMLAnchorElement;
  if (!plain) return;
  event.preventDefault();
  go(link.pathname);
}

export function useRoute(): Route {
  const [route, setRoute] = useState(() => routeOf(location.pathname));
  useEffect(() => {
    const look = (): void => setRoute(routeOf(location.pathname));
    addEventListener("popstate", look);
    return () => removeEventListener("popstate", look);
  }, []);
  return route;
}
