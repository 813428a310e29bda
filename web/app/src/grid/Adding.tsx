/** New widgets: in the first place that is free, and in hand at once. */

import type { Board } from "@weft/client";

import { attempt } from "../parts/attempt.ts";
import { Icon } from "../parts/Icon.tsx";
import { type Command, Menu } from "../parts/Menu.tsx";
import { KINDS, newWidget } from "../widgets/kinds.ts";
import { freePlace, snapped } from "./geometry.ts";

const FIRST_CHOICES = ["text", "chart", "table"];

export function AddMenu({ board }: { readonly board: Board }) {
  const commands = (): readonly Command[] =>
    Object.entries(KINDS).map(([type, { name, icon }]) => {
      return { name, icon, run: () => add(board, type) };
    });
  return (
    <Menu label="Add a widget" class="primary" commands={commands}>
      <Icon name="add" /> Add
    </Menu>
  );
}

interface EmptyProps {
  readonly board: Board;
  readonly canEdit: boolean;
}

export function EmptyBoard({ board, canEdit }: EmptyProps) {
  return (
    <div class="empty">
      <h2>{canEdit ? "A clean sheet" : "Nothing here yet"}</h2>
      <p>
        {canEdit
          ? "Begin with one of these. Whoever is here sees it as you make it."
          : "As soon as somebody adds something, you will see it here."}
      </p>
      {canEdit && (
        <div class="first-choices">
          {FIRST_CHOICES.map((type) => (
            <button key={type} class="first-choice" onClick={() => add(board, type)}>
              <Icon name={KINDS[type]!.icon} /> {KINDS[type]!.name}
            </button>
          ))}
        </div>
      )}
    </div>
  );
}

function add(board: Board, type: string): void {
  const { document } = board;
  const taken = document.widgetIds().map((id) => snapped(document.widget(id)?.position));
  const place = freePlace(taken, ...KINDS[type]!.size);
  const id = attempt(() => board.addWidget(newWidget(type, place)));
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      const shown = globalThis.document.querySelector<HTMLElement>(`[data-widget="${id}"]`);
      shown?.scrollIntoView({ block: "nearest" });
      shown?.focus();
    }),
  );
}
