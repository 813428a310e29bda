/** What a past version held, and the edits that lead from what is there now back to it. */

import type { Board, DocumentJson, JsonValue, WidgetJson } from "@weft/client";

import { rowsOf, seriesOf } from "../widgets/content.ts";
import { plainOf, shownRuns } from "../widgets/delta.ts";
import { kindOf } from "../widgets/kinds.ts";

export interface Outlined {
  readonly id: string;
  readonly title: string | null;
  readonly kind: string;
  readonly text: string;
}

export function outlineOf({ widgets }: DocumentJson): readonly Outlined[] {
  const inOrder = Object.entries(widgets).sort(
    ([, one], [, other]) => one.position.y - other.position.y || one.position.x - other.position.x,
  );
  return inOrder.map(([id, widget]) => ({
    id,
    title: widget.title,
    kind: kindOf(widget.type).name,
    text: gistOf(widget).slice(0, 200),
  }));
}

/** All in one step, which undo takes back. Others' locks stay. */
export function bringBack(board: Board, past: DocumentJson): void {
  board.batch(() => {
    const now = board.document;
    if (now.fields.title !== past.title) board.set(null, "title", past.title);
    if (now.fields.description !== past.description) {
      board.set(null, "description", past.description);
    }
    for (const id of now.widgetIds()) {
      if (!Object.hasOwn(past.widgets, id) && !now.widget(id)?.isLocked) board.removeWidget(id);
    }
    for (const [id, widget] of Object.entries(past.widgets)) {
      const current = now.widget(id);
      if (current === undefined) board.addWidget(widget, id);
      else if (!current.isLocked) bringBackWidget(board, id, current, widget);
    }
  });
}

function bringBackWidget(
  board: Board,
  id: string,
  current: Readonly<WidgetJson>,
  past: WidgetJson,
): void {
  const fields = ["title", "position", "config", "data"] as const;
  for (const field of fields) {
    const value = past[field] as JsonValue;
    if (JSON.stringify(current[field]) !== JSON.stringify(value)) board.set(id, field, value);
  }
}

function gistOf(widget: WidgetJson): string {
  if (widget.type === "text") return plainOf(shownRuns(widget.config["text"]));
  if (widget.type === "table") return `${rowsOf(widget).length} rows`;
  if (widget.type === "chart")
    return seriesOf(widget)
      .map(({ name }) => name)
      .join(", ");
  return "";
}
