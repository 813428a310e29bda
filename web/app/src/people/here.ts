/**
 * Where people are on a dashboard, as this app tells and reads it.
 *
 * On its plane a column of the grid is one wide and a row one high, so that a place is the same on
 * every screen. In a text, a place is a position in it, which moves with what is typed; in a table it
 * is a cell, which moves with its row.
 */

import type { Board, Present, Whereabouts } from "@weft/client";

import { nameIn, profileOf } from "./names.ts";

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** What part of the grid somebody's window shows. */
export interface View extends Point {
  readonly width: number;
  readonly height: number;
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
  readonly path: readonly string[] | null; // of the text or the cell in it
  readonly caret: Caret | null;
  readonly view: View | null;
}

export function visitorIn(present: Present): Visitor {
  const { connectionId, userId, user, isActive, cursor, selection, viewport } = present;
  const range = selection?.[0];
  const { elementId, path, offset } = cursor ?? {};
  const anchor = range?.startElementId === elementId ? range?.startOffset : undefined;
  return {
    connectionId,
    userId,
    name: nameIn(profileOf(userId) ?? user),
    color: user.color,
    picture: user.avatarUrl,
    isActive,
    pointer: cursor === undefined || isOff(cursor) ? null : { x: cursor.x, y: cursor.y },
    widgetId: elementId ?? null,
    path: path ?? null,
    caret: offset === undefined ? null : { position: offset, anchor: anchor ?? null },
    view: viewport ?? null,
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
  readonly view: View | null;
  readonly isActive: boolean;
}

const told = new WeakMap<Board, Told>();
const OFF: Point = { x: -1, y: -1 }; // a cursor needs a point, and a finger or the keys have none
const NOWHERE: Told = { pointer: OFF, place: null, view: null, isActive: true };

function isOff({ x, y }: Point): boolean {
  return x < 0 || y < 0;
}

export function tell(board: Board, news: Partial<Told>): void {
  const before = told.get(board) ?? NOWHERE;
  const now = { ...before, place: placeNow(board, before.place), ...news };
  told.set(board, now);
  board.setPresence(whereabouts(now));
}

/** A caret and a cell are where edits have moved them since they were told. */
function placeNow(board: Board, place: Place | null): Place | null {
  if (place?.path === undefined) return place;
  const { widgetId } = place;
  const { cursor, selection } = board.whereabouts ?? {};
  if (cursor?.path === undefined || cursor.offset === undefined) return { widgetId };
  const anchor = selection?.[0]?.startOffset ?? null;
  return { widgetId, path: cursor.path, caret: { position: cursor.offset, anchor } };
}

const AT_START: Caret = { position: 0, anchor: null };

/** This person is in a cell, or has left it and still has its widget in hand. */
export function enterCell(board: Board, widgetId: string, path: readonly string[] | null): void {
  tell(board, { place: path === null ? { widgetId } : { widgetId, path, caret: AT_START } });
}

/** This person has a widget in hand, or none; where they are in its text is told by the text. */
export function hold(board: Board, widgetId: string | null): void {
  const place = told.get(board)?.place ?? null;
  if ((place?.widgetId ?? null) === widgetId) return;
  tell(board, { place: widgetId === null ? null : { widgetId } });
}

function whereabouts({ pointer, place, view, isActive }: Told): Whereabouts {
  const always = { ...(view && { viewport: { ...view, zoom: 1 } }), isActive };
  if (place === null) return isOff(pointer) ? always : { ...always, cursor: pointer };
  const { widgetId, path, caret } = place;
  if (path === undefined || caret === undefined) {
    return { ...always, cursor: { ...pointer, elementId: widgetId } };
  }
  const { position, anchor } = caret;
  const cursor = { ...pointer, elementId: widgetId, path, offset: position };
  if (anchor === null) return { ...always, cursor };
  const start = { startElementId: widgetId, startPath: path, startOffset: anchor };
  const end = { endElementId: widgetId, endPath: path, endOffset: position };
  return { ...always, cursor, selection: [{ ...start, ...end }] };
}
