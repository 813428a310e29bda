/** Who is here: one disc per person, however many tabs they have. */

import { Avatar } from "../parts/Avatar.tsx";
import type { Visitor } from "./here.ts";

const SHOWN = 5;

export function Roster({ visitors }: { readonly visitors: readonly Visitor[] }) {
  const people = [...new Map(visitors.map((each) => [each.userId, each])).values()];
  if (people.length === 0) return null;
  const names = people.map(({ name }) => name).join(", ");
  const more = people.length - SHOWN;
  return (
    <span class="roster" role="img" aria-label={`Here too: ${names}`} title={names}>
      {people.slice(0, SHOWN).map(({ userId, name, color, picture }) => (
        <Avatar key={userId} name={name} id={userId} color={color} picture={picture} />
      ))}
      {more > 0 && <span class="roster-more">+{more}</span>}
    </span>
  );
}
