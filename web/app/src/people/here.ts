/**
 * Where people are on a dashboard, as this app tells and reads it.
 *
 * On its plane a column of the grid is one wide and a row one high, so that a place is the same on
 * every screen. In a text, a place is a position in it, which moves with what is typed.
 */

import type { Board, Present, Whereabouts } from "@weft/client";
import { useEffect, useState } from "preact/hooks";

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Caret {
  readonly position: number;
  readonly anchor: number | null;
}

/** Another connection: of somebody else, or of this person in another tab. */
export interface Visitor {
  readonly connectionId: string;
  readonly userId: string;
  readonly name: string;
  readonly color: string;
  readonly picture: string | undefined;
  readonly isActive: boolean;
  readonly pointer: Point | null;
  readonly widgetId: string | null;
  readonly caret: Caret | null;
}

/** Drawn again when somebody comes, goes or moves, at most once per frame. */
export function useVisitors(board: Board): readonly Visitor[] {
  const [, draw] = useState(0);
  useEffect(() => {
    let frame = 0;
    const end = board.listen(({ kind }) => {
      if (kind !== "presence" && kind !== "show") return;
      frame ||= requestAnimationFrame(() => {
        frame = 0;
        draw((count) => count + 1);
      });
    });
    draw((count) => count + 1);
    return () => {
      end();
      cancelAnimationFrame(frame);
    };
  }, [board]);
  return board.presence.map(visitorIn);
}

function visitorIn({ connectionId, userId, user, isActive, cursor, selection }: Present): Visitor {
  const range = selection?.[0];
  const { elementId, offset } = cursor ?? {};
  const anchor = range?.startElementId === elementId ? range?.startOffset : undefined;
  return {
    connectionId,
    userId,
    name: user.username,
    color: user.color,
    picture: user.avatarUrl,
    isActive,
    pointer: cursor === undefined || isOff(cursor) ? null : { x: cursor.x, y: cursor.y },
    widgetId: elementId ?? null,
    caret: offset === undefined ? null : { position: offset, anchor: anchor ?? null },
  };
}

/** What this page tells of itself: in hand or in a text, the newest place counts. */
interface Place {
  readonly widgetId: string;
  readonly path?: readonly string[];
  readonly caret?: Caret;
}

interface Told {
  readonly pointer: Point;
  readonly place: Place | null;
  readonly isActive: boolean;
}

const told = new WeakMap<Board, Told>();
const OFF: Point = { x: -1, y: -1 }; // a cursor needs a point, and a finger or the keys have none
const NOWHERE: Told = { pointer: OFF, place: null, isActive: true };

function isOff({ x, y }: Point): boolean {
  return x < 0 || y < 0;
}

export function tell(board: Board, news: Partial<Told>): void {
  const now = { ...(told.get(board) ?? NOWHERE), ...news };
  told.set(board, now);
  board.setPresence(whereabouts(now));
}

/** This person has a widget in hand, or none; where they are in its text is told by the text. */
export function hold(board: Board, widgetId: string | null): void {
  const place = told.get(board)?.place ?? null;
  if ((place?.widgetId ?? null) === widgetId) return;
  tell(board, { place: widgetId === null ? null : { widgetId } });
}

function whereabouts({ pointer, place, isActive }: Told): Whereabouts {
  if (place === null) return isOff(pointer) ? { isActive } : { cursor: pointer, isActive };
  const { widgetId, path, caret } = place;
  if (path === undefined || caret === undefined) {
    return { cursor: { ...pointer, elementId: widgetId }, isActive };
  }
  const { position, anchor } = caret;
  const cursor = { ...pointer, elementId: widgetId, path, offset: position };
  if (anchor === null) return { cursor, isActive };
  const start = { startElementId: widgetId, startPath: path, startOffset: anchor };
  const end = { endElementId: widgetId, endPath: path, endOffset: position };
  return { cursor, selection: [{ ...start, ...end }], isActive };
}
