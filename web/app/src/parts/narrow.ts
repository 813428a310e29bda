/** Whether the window is as narrow as a phone: the width at which the style sheets change, too. */

import { useEffect, useState } from "preact/hooks";

const NARROW = matchMedia("(max-width: 700px)");

export function useNarrow(): boolean {
  const [isNarrow, setIsNarrow] = useState(NARROW.matches);
  useEffect(() => {
    const look = (): void => setIsNarrow(NARROW.matches);
    NARROW.addEventListener("change", look);
    return () => NARROW.removeEventListener("change", look);
  }, []);
  return isNarrow;
}
