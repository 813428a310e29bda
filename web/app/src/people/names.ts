/** What people are called, as far as this tab has been told; a full name wins over a username. */

import type { Profile } from "../session/api.ts";

const known = new Map<string, Profile>();

export function learn(people: Iterable<Profile | undefined>): void {
  for (const person of people) {
    const isNew = person !== undefined && (person.fullName || !known.has(person.id));
    if (isNew) known.set(person.id, person);
  }
}

export function profileOf(userId: string): Profile | undefined {
  return known.get(userId);
}

export function nameIn({ fullName, username }: Profile): string {
  return fullName || username;
}
