/** Where the others are on the grid: their pointers, and what they have in hand. */

import type { Board } from "@weft/client";

import { GAP_PX, type Rect } from "../grid/geometry.ts";
import type { Cell } from "../grid/gestures.ts";
import { useVisitors } from "./crowd.ts";
import type { Visitor } from "./here.ts";

const SHOWN = ["name", "color", "isActive", "pointer", "widgetId"] as const;

interface Props {
  readonly board: Board;
  readonly places: ReadonlyMap<string, Rect>;
  readonly cell: Cell;
}

export function VisitorsOn({ board, places, cell }: Props) {
  const visitors = useVisitors(board, SHOWN);
  return (
    <div class="visitors" aria-hidden="true">
      {[...byWidget(visitors)].map(([widgetId, here]) => {
        const place = places.get(widgetId);
        return (
          place && (
            <div
              key={widgetId}
              class="visited"
              style={{
                borderColor: here[0]!.color,
                width: `${place.width * cell.widthPx - GAP_PX}px`,
                height: `${place.height * cell.heightPx - GAP_PX}px`,
                transform: `translate(${place.x * cell.widthPx}px, ${place.y * cell.heightPx}px)`,
              }}
            >
              <span class="name-flags">
                {here.map(({ connectionId, name, color }) => (
                  <span key={connectionId} class="name-flag" style={{ backgroundColor: color }}>
                    {name}
                  </span>
                ))}
              </span>
            </div>
          )
        );
      })}
      {visitors.map(
        (visitor) =>
          visitor.pointer &&
          visitor.isActive && <Pointer key={visitor.connectionId} visitor={visitor} cell={cell} />,
      )}
    </div>
  );
}

/** Who has which widget in hand, or is in its text. */
function byWidget(visitors: readonly Visitor[]): ReadonlyMap<string, readonly Visitor[]> {
  const found = new Map<string, Visitor[]>();
  for (const visitor of visitors) {
    if (visitor.widgetId === null) continue;
    found.set(visitor.widgetId, [...(found.get(visitor.widgetId) ?? []), visitor]);
  }
  return found;
}

function Pointer({ visitor, cell }: { readonly visitor: Visitor; readonly cell: Cell }) {
  const { x, y } = visitor.pointer!;
  const [left, top] = [x * cell.widthPx, y * cell.heightPx];
  return (
    <div class="pointer" style={{ transform: `translate(${left}px, ${top}px)` }}>
      <svg viewBox="0 0 16 16" style={{ fill: visitor.color }}>
        <path d="M1 1l5 13 2.200-5.800L14 6z" />
      </svg>
      {visitor.widgetId === null && (
        <span class="name-flag" style={{ backgroundColor: visitor.color }}>
          {visitor.name}
        </span>
      )}
    </div>
  );
}
