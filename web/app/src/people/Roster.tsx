/** Who is here: one disc per person, however many tabs they have. */

import { Avatar } from "../parts/Avatar.tsx";
import type { Profile } from "../session/api.ts";
import { nameOf } from "../session/session.ts";

const SHOWN = 5;

export function Roster({ others }: { readonly others: readonly Profile[] }) {
  if (others.length === 0) return null;
  const names = others.map(nameOf).join(", ");
  const more = others.length - SHOWN;
  return (
    <span class="roster" role="img" aria-label={`Here too: ${names}`} title={names}>
      {others.slice(0, SHOWN).map((each) => (
        <Avatar key={each.id} name={nameOf(each)} id={each.id} picture={each.avatarUrl} />
      ))}
      {more > 0 && <span class="roster-more">+{more}</span>}
    </span>
  );
}
