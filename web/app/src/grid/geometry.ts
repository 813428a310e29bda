/**
 * Where widgets are shown: the same for everybody who sees the same document, and never overlapping.
 *
 * A position may hold any numbers; two people may put two widgets in one place at the same time. So
 * what is shown is a function of the positions: from above to below, and where something is already,
 * further down. What is being dragged keeps its place, and the others make room.
 */

export const COLUMNS = 12;
export const ROW_PX = 40;
export const GAP_PX = 12;
const MAX_ROWS = 10_000;
const MAX_HEIGHT = 200;

export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Placed {
  readonly id: string;
  readonly rect: Rect;
}

/** The nearest place on the grid. */
export function snapped(position: unknown): Rect {
  const asked = (
    typeof position === "object" && position !== null ? position : {}
  ) as Partial<Rect>;
  const width = within(asked.width, 1, COLUMNS, 4);
  return {
    x: within(asked.x, 0, COLUMNS - width, 0),
    y: within(asked.y, 0, MAX_ROWS, 0),
    width,
    height: within(asked.height, 1, MAX_HEIGHT, 4),
  };
}

/** Everything in its place; `first` is given its own before all others. */
export function arranged(
  wanted: readonly Placed[],
  first: Placed | null = null,
): Map<string, Rect> {
  const result = new Map<string, Rect>();
  const bottoms = new Array<number>(COLUMNS).fill(0);
  if (first !== null) result.set(first.id, first.rect);
  for (const { id, rect } of inReadingOrder(wanted)) {
    if (id === first?.id) continue;
    let y = rect.y;
    for (let column = rect.x; column < rect.x + rect.width; column += 1) {
      y = Math.max(y, bottoms[column]!);
    }
    if (first !== null && overlap({ ...rect, y }, first.rect)) {
      y = first.rect.y + first.rect.height;
    }
    const place = y === rect.y ? rect : { ...rect, y };
    result.set(id, place);
    for (let column = rect.x; column < rect.x + rect.width; column += 1) {
      bottoms[column] = y + rect.height;
    }
  }
  return result;
}

/** As a page is read: for narrow screens, and for the Tab key. */
export function inReadingOrder(placed: readonly Placed[]): readonly Placed[] {
  return [...placed].sort(
    ({ id: oneId, rect: one }, { id: otherId, rect: other }) =>
      one.y - other.y || one.x - other.x || (oneId < otherId ? -1 : 1),
  );
}

/** The first free place of this size from the top. */
export function freePlace(taken: Iterable<Rect>, width: number, height: number): Rect {
  const rects = [...taken];
  const bottom = Math.max(0, ...rects.map((rect) => rect.y + rect.height));
  for (let y = 0; y < bottom; y += 1) {
    for (let x = 0; x + width <= COLUMNS; x += 1) {
      const place = { x, y, width, height };
      if (!rects.some((rect) => overlap(rect, place))) return place;
    }
  }
  return { x: 0, y: bottom, width, height };
}

export function sameRect(one: Rect, other: Rect): boolean {
  return (
    one.x === other.x &&
    one.y === other.y &&
    one.width === other.width &&
    one.height === other.height
  );
}

function overlap(one: Rect, other: Rect): boolean {
  return (
    one.x < other.x + other.width &&
    other.x < one.x + one.width &&
    one.y < other.y + other.height &&
    other.y < one.y + one.height
  );
}

function within(value: unknown, least: number, most: number, otherwise: number): number {
  const number =
    typeof value === "number" && Number.isFinite(value) ? Math.round(value) : otherwise;
  return Math.min(Math.max(number, least), most);
}
