/** What every widget has around it: a title, a handle, commands, and its content once it is near. */

import type { Board, WidgetJson } from "@weft/client";
import type { JSX } from "preact";
import { memo } from "preact/compat";
import { useEffect, useRef, useState } from "preact/hooks";

import { freePlace, type Rect, snapped } from "../grid/geometry.ts";
import type { GestureKind } from "../grid/gestures.ts";
import { attempt } from "../parts/attempt.ts";
import { Icon } from "../parts/Icon.tsx";
import { LiveInput } from "../parts/LiveInput.tsx";
import { type Command, Menu } from "../parts/Menu.tsx";
import type { Session } from "../session/session.ts";
import { Content } from "./Content.tsx";
import { kindOf } from "./kinds.ts";
import { Settings } from "./Settings.tsx";

export interface FrameProps {
  readonly board: Board;
  readonly session: Session;
  readonly id: string;
  readonly widget: Readonly<WidgetJson>;
  readonly style: JSX.CSSProperties;
  readonly place: Rect;
  readonly isSelected: boolean;
  readonly isHeld: boolean;
  readonly canEdit: boolean;
  readonly canRemove: boolean;
  readonly canLock: boolean;
  readonly select: (id: string | null) => void;
  readonly start: (id: string, kind: GestureKind, event: PointerEvent) => void;
  readonly onKey: (id: string, event: KeyboardEvent) => void;
}

const NEAR = "400px";

export const WidgetFrame = memo(Frame, (before, after) => {
  const keys = Object.keys(after) as (keyof FrameProps)[];
  return keys.every((key) => {
    if (key === "start" || key === "onKey") return true; // they ask the board for what is now
    if (key === "style" || key === "place") return sameValues(before[key], after[key]);
    return before[key] === after[key];
  });
});

function Frame(props: FrameProps) {
  const { board, id, widget, place, isSelected, isHeld } = props;
  const [isOpen, setIsOpen] = useState(false);
  const frame = useRef<HTMLElement>(null);
  const isNear = useNearness(frame);
  const kind = kindOf(widget.type);
  const isLocked = widget.isLocked;
  const canEdit = props.canEdit && !isLocked;
  const label = `${kind.name}: ${widget.title || "untitled"}${isLocked ? ", locked" : ""}`;
  const hint = `column ${place.x + 1}, row ${place.y + 1}${canEdit ? "; arrow keys move it" : ""}`;
  const look = ["widget", isSelected && "selected", isHeld && "held", isLocked && "locked"];

  return (
    <article
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
      <header
        class="widget-head"
        onPointerDown={(event) => {
          const isHandle = !(event.target as Element).closest("input:focus, button, .menu");
          if (canEdit && isHandle) props.start(id, "move", event);
        }}
        onClick={(event) => (event.target as Element).closest("input")?.focus()}
      >
        <span class="widget-kind">
          <Icon name={isLocked ? "lock" : kind.icon} />
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
        {props.canEdit && (
          <Menu label="Commands of the widget" commands={commandsOf(props, () => setIsOpen(true))}>
            <Icon name="menu" />
          </Menu>
        )}
      </header>
      <div class={`widget-body widget-${kind.icon}`}>
        {isNear && <Content board={board} id={id} widget={widget} canEdit={canEdit} />}
      </div>
      {canEdit && (
        <span
          class="resize-handle"
          aria-hidden="true"
          onPointerDown={(event) => props.start(id, "resize", event)}
        />
      )}
      {isOpen && <Settings board={board} id={id} widget={widget} close={() => setIsOpen(false)} />}
    </article>
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

function commandsOf(props: FrameProps, openSettings: () => void): readonly Command[] {
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

/** True from when the widget first comes near the window: what nobody sees costs nothing. */
function useNearness(element: { readonly current: HTMLElement | null }): boolean {
  const [isNear, setIsNear] = useState(false);
  useEffect(() => {
    if (isNear) return;
    const observer = new IntersectionObserver(
      (entries) => {
        if (entries.some((entry) => entry.isIntersecting)) setIsNear(true);
      },
      { rootMargin: NEAR },
    );
    observer.observe(element.current!);
    return () => observer.disconnect();
  }, [isNear]);
  return isNear;
}

function sameValues(one: object, other: object): boolean {
  const entries = Object.entries(one);
  const values = other as { readonly [key: string]: unknown };
  return (
    entries.length === Object.keys(other).length &&
    entries.every(([key, value]) => values[key] === value)
  );
}
