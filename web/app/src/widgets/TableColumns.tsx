/** The columns of a table: named, added, removed. Cells keep their column's key. */

import { attempt } from "../parts/attempt.ts";
import { Icon } from "../parts/Icon.tsx";
import { columnsOf } from "./content.ts";
import type { SettingsProps } from "./Settings.tsx";

const COLUMNS = ["config", "columns"];

export function TableColumns({ board, id, widget }: SettingsProps) {
  const columns = columnsOf(widget);
  const add = (): void => {
    const added = { key: crypto.randomUUID().slice(0, 8), title: `Column ${columns.length + 1}` };
    attempt(() => {
      if (Array.isArray(widget.config["columns"])) {
        board.insert(id, COLUMNS, columns.length, [added]);
      } else {
        board.set(id, COLUMNS, [added]);
      }
    });
  };
  return (
    <fieldset class="choices">
      <legend>Columns</legend>
      {columns.map(({ key, title }, at) => (
        <div class="field-row" key={key}>
          <input
            aria-label={`Title of column ${at + 1}`}
            value={title}
            onChange={(event) => {
              const text = event.currentTarget.value;
              attempt(() => board.set(id, [...COLUMNS, at, "title"], text));
            }}
          />
          <button
            class="quiet"
            aria-label={`Remove column ${at + 1}`}
            title="Remove column"
            onClick={() => attempt(() => board.delete(id, COLUMNS, at, 1))}
          >
            <Icon name="trash" />
          </button>
        </div>
      ))}
      <button class="quiet" onClick={add}>
        <Icon name="add" /> Add column
      </button>
    </fieldset>
  );
}
