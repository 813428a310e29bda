/**
 * The widgets in their places; they are dragged, resized, and moved by keys. It is drawn when a place
 * has changed: what a widget holds is drawn by that widget alone.
 */

import type { Board, Document, WidgetJson } from "@weft/client";
import { memo } from "preact/compat";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

import { useLook } from "../parts/looks.ts";
import { hold, tell } from "../people/here.ts";
import { Views } from "../people/Views.tsx";
import { VisitorsOn } from "../people/Visitors.tsx";
import type { Session } from "../session/session.ts";
import { WidgetFrame } from "../widgets/WidgetFrame.tsx";
import {
  arranged,
  COLUMNS,
  GAP_PX,
  inReadingOrder,
  type Placed,
  type Rect,
  ROW_PX,
  sameRect,
  snapped,
} from "./geometry.ts";
import { type Cell, type Gesture, type GestureKind, keyTarget, targetOf } from "./gestures.ts";

interface Props {
  readonly board: Board;
  readonly session: Session;
  readonly canEdit: boolean;
  readonly canRemove: boolean;
  readonly canLock: boolean;
  readonly announce: (text: string) => void;
  readonly leaderId: string | null; // of the connection that this page follows
  readonly stopFollowing: () => void;
}

const NARROW_PX = 700;
const CLICK_MAX_PX = 4; // a hand is not quite still when it clicks

export const Grid = memo(Widgets);

function Widgets({ board, session, canEdit, canRemove, canLock, announce, ...more }: Props) {
  const [box, widthPx] = useWidth();
  const [gesture, setGesture] = useState<Gesture | null>(null);
  const [selected, setSelected] = useState<string | null>(null);
  const cell = { widthPx: (widthPx + GAP_PX) / COLUMNS, heightPx: ROW_PX + GAP_PX };
  const isNarrow = widthPx < NARROW_PX;

  const wanted = useLook(board, ({ document }) => wantedIn(document), areSamePlaces);
  const target = gesture === null ? null : targetOf(gesture, cell);
  const first =
    gesture && target && board.document.has(gesture.id) ? { id: gesture.id, rect: target } : null;
  const places = useMemo(
    () => arranged(wanted, first),
    [wanted, first?.id, target?.x, target?.y, target?.width, target?.height],
  );
  const order = useSteadyOrder(places);

  useGestureKeys(gesture !== null, () => setGesture(null));

  const choose = (id: string | null): void => {
    setSelected(id);
    hold(board, id);
  };

  const start = (id: string, kind: GestureKind, event: PointerEvent): void => {
    const rect = placeNow(board, id);
    if (rect === undefined || isNarrow || event.button !== 0) return;
    event.preventDefault();
    follow(event, { id, kind, start: rect, dxPx: 0, dyPx: 0 }, setGesture, (ended) => {
      setGesture(null);
      commit(board, { id, rect: targetOf(ended, cell) });
    });
  };

  const onKey = (id: string, event: KeyboardEvent): void => {
    const rect = placeNow(board, id); // of what is typed before the next frame, too
    if (rect === undefined || !canEdit || board.document.widget(id)?.isLocked) return;
    const next = keyTarget(event, rect);
    if (next !== null) {
      event.preventDefault();
      commit(board, { id, rect: next });
      announce(`Column ${next.x + 1}, row ${next.y + 1}, ${next.width} by ${next.height}`);
    } else if (canRemove && (event.key === "Delete" || event.key === "Backspace")) {
      event.preventDefault();
      board.removeWidget(id);
      announce("Removed. Ctrl+Z brings it back.");
    }
  };

  const bottom = Math.max(0, ...[...places.values()].map((rect) => rect.y + rect.height));
  const height = isNarrow
    ? undefined
    : bottom === 0
      ? undefined
      : `${bottom * cell.heightPx + 160}px`;
  return (
    <div
      ref={box}
      class={isNarrow ? "grid narrow" : "grid"}
      style={{ height }}
      role="list"
      aria-label="Widgets"
      onPointerDown={(event) => {
        if (event.target === event.currentTarget) choose(null);
      }}
      onPointerMove={(event) => {
        const { left, top } = event.currentTarget.getBoundingClientRect();
        const x = (event.clientX - left) / cell.widthPx;
        const y = (event.clientY - top) / cell.heightPx;
        if (!isNarrow) tell(board, { pointer: { x: rounded(x), y: rounded(y) } });
      }}
    >
      {widthPx > 0 &&
        order.map(({ id, rect }) => (
          <WidgetFrame
            key={id}
            board={board}
            session={session}
            id={id}
            style={styleOf(rect, cell, isNarrow, gesture?.id === id ? gesture : null)}
            place={rect}
            isSelected={selected === id}
            isHeld={gesture?.id === id}
            canEdit={canEdit}
            canRemove={canRemove}
            canLock={canLock}
            startsNear={rect.y * cell.heightPx < window.innerHeight}
            select={choose}
            start={start}
            onKey={onKey}
          />
        ))}
      {widthPx > 0 && (
        <Views {...more} board={board} box={box} cell={cell} rows={bottom} isNarrow={isNarrow} />
      )}
      {!isNarrow && <VisitorsOn board={board} places={places} cell={cell} />}
      {first !== null && <div class="drop-place" style={styleOf(first.rect, cell, false, null)} />}
    </div>
  );
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}

function wantedIn(document: Document): readonly Placed[] {
  return document.widgetIds().map((id) => ({ id, rect: rectOf(document.widget(id)!) }));
}

const rects = new WeakMap<object, Rect>(); // of widgets, which are values

function rectOf(widget: Readonly<WidgetJson>): Rect {
  const rect = rects.get(widget) ?? snapped(widget.position);
  rects.set(widget, rect);
  return rect;
}

function areSamePlaces(some: readonly Placed[], others: readonly Placed[]): boolean {
  return (
    some.length === others.length &&
    some.every(({ id, rect }, at) => {
      const other = others[at]!;
      return id === other.id && (rect === other.rect || sameRect(rect, other.rect));
    })
  );
}

function placeNow({ document }: Board, id: string): Rect | undefined {
  return arranged(wantedIn(document)).get(id);
}

/** The widget goes to its new place, and those in the way to theirs: one step, for undo too. */
function commit(board: Board, moved: Placed): void {
  if (!board.document.has(moved.id)) return;
  const wanted = wantedIn(board.document);
  const stored = new Map(wanted.map(({ id, rect }) => [id, rect]));
  const after = arranged(wanted, moved);
  board.batch(() => {
    for (const [id, rect] of after) {
      const old = stored.get(id);
      const widget = board.document.widget(id);
      if (old === undefined || widget === undefined || sameRect(old, rect)) continue;
      if (widget.isLocked && id !== moved.id) continue; // it is shown further down all the same
      if (old.width === rect.width && old.height === rect.height) {
        board.move(id, changed(old, rect, "x", "y"));
      } else {
        board.resize(id, changed(old, rect, "x", "y", "width", "height"));
      }
    }
  });
}

/** Only the coordinates that change, so that the others merge with what somebody else does. */
function changed<Key extends keyof Rect>(old: Rect, rect: Rect, ...keys: Key[]): Partial<Rect> {
  return Object.fromEntries(
    keys.filter((key) => old[key] !== rect[key]).map((key) => [key, rect[key]]),
  ) as Partial<Rect>;
}

function styleOf(rect: Rect, cell: Cell, isNarrow: boolean, held: Gesture | null) {
  const height = `${rect.height * cell.heightPx - GAP_PX}px`;
  if (isNarrow) return { height, order: rect.y * COLUMNS + rect.x };
  const dragged = held?.kind === "move" ? held : null;
  const from = dragged?.start ?? rect;
  const left = from.x * cell.widthPx + (dragged?.dxPx ?? 0);
  const top = from.y * cell.heightPx + (dragged?.dyPx ?? 0);
  return {
    height,
    width: `${rect.width * cell.widthPx - GAP_PX}px`,
    transform: `translate(${Math.round(left)}px, ${Math.round(top)}px)`,
  };
}

/** Follow one pointer until it is lifted; `over` is called unless the gesture was given up. */
function follow(
  event: PointerEvent,
  gesture: Gesture,
  show: (update: (now: Gesture | null) => Gesture | null) => void,
  over: (ended: Gesture) => void,
): void {
  const { pointerId, clientX, clientY } = event;
  const scrolledFrom = window.scrollY;
  let last = gesture;
  let isGivenUp = false;
  show(() => gesture);
  const move = (next: PointerEvent): void => {
    if (next.pointerId !== pointerId) return;
    const dyPx = next.clientY - clientY + window.scrollY - scrolledFrom;
    last = { ...gesture, dxPx: next.clientX - clientX, dyPx };
    show((now) => {
      isGivenUp ||= now === null;
      return now === null ? null : last;
    });
  };
  const end = (next: PointerEvent): void => {
    if (next.pointerId !== pointerId) return;
    move(next);
    window.removeEventListener("pointermove", move);
    window.removeEventListener("pointerup", end);
    window.removeEventListener("pointercancel", end);
    if (Math.hypot(last.dxPx, last.dyPx) > CLICK_MAX_PX) swallowClick();
    if (next.type === "pointercancel") show(() => null);
    else if (!isGivenUp) over(last);
  };
  window.addEventListener("pointermove", move);
  window.addEventListener("pointerup", end);
  window.addEventListener("pointercancel", end);
}

/** What is let go of after a drag was not clicked. */
function swallowClick(): void {
  const swallow = (event: MouseEvent): void => event.stopPropagation();
  window.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => window.removeEventListener("click", swallow, { capture: true }));
}

/**
 * Widgets in reading order as it was when each came. Later moves do not move them in the page: who
 * has the focus would lose it, and what is embedded would load anew. A narrow page sorts by style.
 */
function useSteadyOrder(places: ReadonlyMap<string, Rect>): readonly Placed[] {
  const ids = useRef<readonly string[]>([]);
  return useMemo(() => {
    const kept = ids.current.filter((id) => places.has(id));
    const known = new Set(kept);
    const placed = [...places].map(([id, rect]) => ({ id, rect }));
    const come = inReadingOrder(placed.filter(({ id }) => !known.has(id))).map(({ id }) => id);
    ids.current = [...kept, ...come];
    return ids.current.map((id) => ({ id, rect: places.get(id)! }));
  }, [places]);
}

function useGestureKeys(isActive: boolean, giveUp: () => void): void {
  useEffect(() => {
    if (!isActive) return;
    const onKey = (event: KeyboardEvent): void => {
      if (event.key === "Escape") giveUp();
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [isActive]);
}

function useWidth() {
  const box = useRef<HTMLDivElement>(null);
  const [widthPx, setWidthPx] = useState(0);
  useLayoutEffect(() => {
    const element = box.current!;
    setWidthPx(element.clientWidth);
    const observer = new ResizeObserver(() => setWidthPx(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [box, widthPx] as const;
}
