/** What every widget has around it: a title, a handle, commands, and its content once it is near. */

import type { Board, WidgetJson } from "@weft/client";
import type { JSX } from "preact";
import { memo } from "preact/compat";
import { useRef, useState } from "preact/hooks";

import { freePlace, type Rect, snapped } from "../grid/geometry.ts";
import type { GestureKind } from "../grid/gestures.ts";
import { attempt } from "../parts/attempt.ts";
import { Icon } from "../parts/Icon.tsx";
import { LiveInput } from "../parts/LiveInput.tsx";
import { useLook } from "../parts/looks.ts";
import { type Command, Menu } from "../parts/Menu.tsx";
import type { Session } from "../session/session.ts";
import { Content } from "./Content.tsx";
import { objectIn, own } from "./content.ts";
import { inkOn } from "./ground.ts";
import { kindOf } from "./kinds.ts";
import { useFed, useLive } from "./live.ts";
import { LiveMark } from "./LiveMark.tsx";
import { useNearness } from "./nearness.ts";
import { Settings } from "./Settings.tsx";

export interface FrameProps {
  readonly board: Board;
  readonly session: Session;
  readonly id: string;
  readonly style: JSX.CSSProperties;
  readonly place: Rect;
  readonly isSelected: boolean;
  readonly isHeld: boolean;
  readonly canEdit: boolean;
  readonly canRemove: boolean;
  readonly canLock: boolean;
  readonly startsNear: boolean; // what it is later, it sees by itself
  readonly select: (id: string | null) => void;
  readonly start: (id: string, kind: GestureKind, event: PointerEvent) => void;
  readonly onKey: (id: string, event: KeyboardEvent) => void;
}

const STEADY: readonly string[] = ["start", "onKey", "select", "startsNear"];

export const WidgetFrame = memo(Frame, (before, after) => {
  const keys = Object.keys(after) as (keyof FrameProps)[];
  return keys.every((key) => {
    if (STEADY.includes(key)) return true; // they ask the board for what is now
    if (key === "style" || key === "place") return sameValues(before[key], after[key]);
    return before[key] === after[key];
  });
});

function Frame(props: FrameProps) {
  const widget = useLook(props.board, ({ document }) => document.widget(props.id));
  return widget === undefined ? null : <Framed {...props} widget={widget} />; // the grid follows
}

interface FramedProps extends FrameProps {
  readonly widget: Readonly<WidgetJson>;
}

function Framed(props: FramedProps) {
  const { id, widget, place, isSelected, isHeld } = props;
  const frame = useRef<HTMLDivElement>(null);
  const isNear = useNearness(frame, props.startsNear);
  const kind = kindOf(widget.type);
  const isLocked = widget.isLocked;
  const canEdit = props.canEdit && !isLocked;
  const label = `${kind.name}: ${widget.title || "untitled"}${isLocked ? ", locked" : ""}`;
  const hint = `column ${place.x + 1}, row ${place.y + 1}${canEdit ? "; arrow keys move it" : ""}`;
  const ink = inkOn(own(objectIn(widget.config), "backgroundColor"));
  const look = ["widget", isSelected && "selected", isHeld && "held", isLocked && "locked", ink];

  return (
    <div
      ref={frame}
      class={look.filter(Boolean).join(" ")}
      style={{ ...props.style, ...lookOf(widget) }}
      role="listitem"
      tabIndex={0}
      aria-label={`${label}; ${hint}`}
      data-widget={id}
      onPointerDown={() => props.select(id)}
      onFocusCapture={() => props.select(id)}
      onKeyDown={(event) => {
        if (event.target === frame.current) props.onKey(id, event);
      }}
    >
      {isNear && <Inside {...props} frame={frame} canEdit={canEdit} mayEdit={props.canEdit} />}
    </div>
  );
}

interface InsideProps extends FramedProps {
  readonly frame: { readonly current: Element | null };
  readonly mayEdit: boolean;
}

/** `canEdit`: it is not locked either. */
function Inside({ mayEdit, frame, ...props }: InsideProps) {
  const { board, id, widget, canEdit } = props;
  const live = useLive(board, id, frame);
  const shown = useFed(widget, live);
  const [isOpen, setIsOpen] = useState(false);
  const kind = kindOf(widget.type);
  const commands = (): readonly Command[] => commandsOf(props, () => setIsOpen(true));
  return (
    <>
      <header
        class="widget-head"
        onPointerDown={(event) => {
          const isHandle = !(event.target as Element).closest("input:focus, button, .menu");
          if (canEdit && isHandle) props.start(id, "move", event);
        }}
        onClick={(event) => (event.target as Element).closest("input")?.focus()}
      >
        <span class="widget-kind">
          <Icon name={widget.isLocked ? "lock" : kind.icon} />
        </span>
        <LiveInput
          class="widget-title"
          board={board}
          target={id}
          path={["title"]}
          text={widget.title ?? ""}
          label="Title of the widget"
          placeholder={kind.name}
          disabled={!canEdit}
        />
        <LiveMark live={live} />
        {mayEdit && (
          <Menu label="Commands of the widget" commands={commands}>
            <Icon name="menu" />
          </Menu>
        )}
      </header>
      <div class={`widget-body widget-${kind.icon}`}>
        <Content board={board} id={id} widget={shown} canEdit={canEdit} live={live} />
      </div>
      {canEdit && (
        <span
          class="resize-handle"
          aria-hidden="true"
          onPointerDown={(event) => props.start(id, "resize", event)}
        />
      )}
      {isOpen && <Settings board={board} id={id} widget={widget} close={() => setIsOpen(false)} />}
    </>
  );
}

/** Set one by one, so that a value which is no colour has no effect, whatever else it is. */
function lookOf({ config }: Readonly<WidgetJson>): JSX.CSSProperties {
  const { backgroundColor, borderColor, borderWidth } = config;
  return {
    ...(typeof backgroundColor === "string" && { backgroundColor }),
    ...(typeof borderColor === "string" && { borderColor }),
    ...(typeof borderWidth === "number" && { borderWidth: `${Math.min(borderWidth, 20)}px` }),
  };
}

function commandsOf(props: FramedProps, openSettings: () => void): readonly Command[] {
  const { board, id, widget } = props;
  const commands: Command[] = [];
  if (!widget.isLocked) {
    commands.push({ icon: "settings", name: "Settings…", run: openSettings });
  }
  commands.push({ icon: "copy", name: "Duplicate", run: () => duplicate(board, id) });
  if (props.canLock) {
    const isLocked = !widget.isLocked;
    const run = (): void => void attempt(() => board.set(id, "isLocked", isLocked));
    commands.push({ icon: isLocked ? "lock" : "unlock", name: isLocked ? "Lock" : "Unlock", run });
  }
  if (props.canRemove && !widget.isLocked) {
    const run = (): void => void attempt(() => board.removeWidget(id));
    commands.push({ icon: "trash", name: "Remove", run, isDangerous: true });
  }
  return commands;
}

function duplicate(board: Board, id: string): void {
  const { document } = board;
  const widget = document.widget(id);
  if (widget === undefined) return;
  const taken = document.widgetIds().map((other) => snapped(document.widget(other)?.position));
  const { width, height } = snapped(widget.position);
  const position = freePlace(taken, width, height);
  attempt(() => board.addWidget({ ...structuredClone(widget), position, isLocked: false }));
}

function sameValues(one: object, other: object): boolean {
  const entries = Object.entries(one);
  const values = other as { readonly [key: string]: unknown };
  return (
    entries.length === Object.keys(other).length &&
    entries.every(([key, value]) => values[key] === value)
  );
}
