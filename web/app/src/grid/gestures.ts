/** What fingers, mouse and keys do to a widget's place; nothing is committed before it is over. */

import { type Rect, snapped } from "./geometry.ts";

export type GestureKind = "move" | "resize";

export interface Gesture {
  readonly id: string;
  readonly kind: GestureKind;
  readonly start: Rect;
  readonly dxPx: number;
  readonly dyPx: number;
}

export interface Cell {
  readonly widthPx: number; // of a column with its gap
  readonly heightPx: number;
}

/** Where the gesture would put the widget. */
export function targetOf({ kind, start, dxPx, dyPx }: Gesture, cell: Cell): Rect {
  const dx = Math.round(dxPx / cell.widthPx);
  const dy = Math.round(dyPx / cell.heightPx);
  if (kind === "move") return snapped({ ...start, x: start.x + dx, y: start.y + dy });
  const width = Math.min(start.width + dx, 12 - start.x);
  return snapped({ ...start, width, height: start.height + dy });
}

/** Arrows move; with Shift they resize. null: the key means something else. */
export function keyTarget(event: KeyboardEvent, rect: Rect): Rect | null {
  const steps: { readonly [key: string]: readonly [number, number] } = {
    ArrowLeft: [-1, 0],
    ArrowRight: [1, 0],
    ArrowUp: [0, -1],
    ArrowDown: [0, 1],
  };
  const step = steps[event.key];
  if (step === undefined || event.ctrlKey || event.metaKey || event.altKey) return null;
  const [dx, dy] = step;
  if (!event.shiftKey) return snapped({ ...rect, x: rect.x + dx, y: rect.y + dy });
  const width = Math.min(rect.width + dx, 12 - rect.x);
  return snapped({ ...rect, width, height: rect.height + dy });
}
