/** A colour for a person: the same everywhere, and dark enough to write on in white. */

const COLORS = [
  "#c2410c",
  "#b45309",
  "#4d7c0f",
  "#047857",
  "#0e7490",
  "#0369a1",
  "#4338ca",
  "#7e22ce",
  "#a21caf",
  "#be185d",
  "#be123c",
  "#475569",
];

export function colorOf(id: string): string {
  let hash = 0;
  for (const unit of id) hash = (Math.imul(hash, 31) + unit.codePointAt(0)!) | 0;
  return COLORS[Math.abs(hash) % COLORS.length]!;
}
