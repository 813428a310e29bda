/**
 * Text by Unicode code points, which the protocol counts in, while JavaScript counts UTF-16 units.
 *
 * `Points` is immutable and behaves as a sequence of code points: `length`, `slice`, `concat`.
 */

const ASTRAL = /[\ud800-\udbff]/; // without one, code points and units are the same

/** Code points in `text`. */
export function countPoints(text: string): number {
  if (!ASTRAL.test(text)) return text.length;
  let count = 0;
  for (let index = 0; index < text.length; index += widthAt(text, index)) count += 1;
  return count;
}

/** The index in UTF-16 units that lies `points` code points into `text`. */
export function unitsBefore(text: string, points: number): number {
  if (points >= text.length || !ASTRAL.test(text)) return Math.min(points, text.length);
  let index = 0;
  for (let left = points; left > 0 && index < text.length; left -= 1) index += widthAt(text, index);
  return index;
}

/** The code points that lie before index `units`; within a surrogate pair: before the pair. */
export function pointsBefore(text: string, units: number): number {
  if (splitsPair(text, units)) units -= 1;
  return countPoints(text.slice(0, units));
}

/** Whether `units` lies inside a character. */
function splitsPair(text: string, units: number): boolean {
  return units > 0 && units < text.length && widthAt(text, units - 1) === 2;
}

export function slicePoints(text: string, start: number, stop: number): string {
  if (!ASTRAL.test(text)) return text.slice(start, stop);
  const from = unitsBefore(text, start);
  const rest = text.slice(from);
  return rest.slice(0, unitsBefore(rest, stop - start));
}

function widthAt(text: string, index: number): 1 | 2 {
  const unit = text.charCodeAt(index);
  if (unit < 0xd800 || unit > 0xdbff || index + 1 === text.length) return 1;
  const next = text.charCodeAt(index + 1);
  return next >= 0xdc00 && next <= 0xdfff ? 2 : 1;
}

export class Points {
  readonly text: string;
  readonly length: number;

  constructor(text: string, length = countPoints(text)) {
    this.text = text;
    this.length = length;
  }

  slice(start: number, stop = this.length): Points {
    const to = Math.min(stop, this.length);
    const isPlain = this.text.length === this.length;
    const text = isPlain ? this.text.slice(start, to) : slicePoints(this.text, start, to);
    return new Points(text, Math.max(0, to - start));
  }

  concat(other: Points): Points {
    return new Points(this.text + other.text, this.length + other.length);
  }
}

/** What differs between two texts: one range, in code points, and what stands there instead. */
export interface Difference {
  readonly position: number;
  readonly length: number;
  readonly inserted: string;
}

export function differenceOf(before: string, after: string): Difference {
  const most = Math.min(before.length, after.length);
  let start = 0;
  while (start < most && before[start] === after[start]) start += 1;
  if (splitsPair(before, start) || splitsPair(after, start)) start -= 1;
  let tail = 0;
  while (tail < most - start && before.at(-1 - tail) === after.at(-1 - tail)) tail += 1;
  if (splitsPair(before, before.length - tail) || splitsPair(after, after.length - tail)) tail -= 1;
  return {
    position: countPoints(before.slice(0, start)),
    length: countPoints(before.slice(start, before.length - tail)),
    inserted: after.slice(start, after.length - tail),
  };
}
