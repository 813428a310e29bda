/** Which part of the dashboard the others see: marks along the edge, and whom this page follows. */

import type { Board } from "@weft/client";

import type { Cell } from "../grid/gestures.ts";
import { useVisitors } from "./crowd.ts";
import { useFollowing, useOwnView } from "./views.ts";

const SHOWN = ["name", "color", "isActive", "view"] as const;
const LANES = 3; // side by side; more lie on each other
const LANE_PX = 5;

interface Props {
  readonly board: Board;
  readonly box: { readonly current: HTMLElement | null };
  readonly cell: Cell;
  readonly rows: number; // of the whole grid
  readonly isNarrow: boolean;
  readonly leaderId: string | null; // of a connection
  readonly stopFollowing: () => void;
}

export function Views({ board, box, cell, rows, isNarrow, leaderId, stopFollowing }: Props) {
  const visitors = useVisitors(board, SHOWN);
  const leader = visitors.find(({ connectionId }) => connectionId === leaderId) ?? null;
  useOwnView(board, box, cell, !isNarrow);
  useFollowing(isNarrow ? null : leader, box, cell, stopFollowing);
  const percent = (row: number): number => (100 * Math.min(Math.max(row, 0), rows)) / rows;
  return (
    <>
      <div class="edge" aria-hidden="true">
        {rows > 0 &&
          !isNarrow &&
          visitors.map(({ connectionId, view, color, isActive }, at) => {
            if (view === null) return null;
            const [top, end] = [percent(view.y), percent(view.y + view.height)];
            return (
              <span
                key={connectionId}
                class={isActive ? "edge-mark" : "edge-mark idle"}
                style={{
                  backgroundColor: color,
                  top: `${top}%`,
                  height: `${end - top}%`,
                  right: `${(at % LANES) * LANE_PX}px`,
                }}
              />
            );
          })}
      </div>
      {leader !== null && !isNarrow && (
        <div class="follow-frame" style={{ borderColor: leader.color }}>
          <button
            class="follow-pill"
            style={{ backgroundColor: leader.color }}
            onClick={stopFollowing}
          >
            Following {leader.name} · Stop
          </button>
        </div>
      )}
    </>
  );
}
