/** A person as a small disc: picture or initials, always in the same colour. */

import { safeWebUrl } from "../widgets/addresses.ts";

interface Props {
  readonly name: string;
  readonly color: string;
  readonly picture?: string | null | undefined;
}

export function Avatar({ name, color, picture }: Props) {
  const url = safeWebUrl(picture);
  return (
    <span class="avatar" style={{ backgroundColor: color }} aria-hidden="true">
      {url === null ? initials(name) : <img src={url} alt="" />}
    </span>
  );
}

function initials(name: string): string {
  const words = name.trim().split(/\s+/);
  const chosen = words.length > 1 ? [words[0]!, words.at(-1)!] : [words[0] ?? ""];
  return chosen
    .map((word) => [...word][0] ?? "")
    .join("")
    .toUpperCase();
}
