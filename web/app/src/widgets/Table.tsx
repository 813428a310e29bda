/** A table whose rows and cells merge: a row is an item of a list, a cell a key of its row. */

import type { JsonObject } from "@weft/client";
import { useEffect, useRef } from "preact/hooks";

import { useVisitors } from "../people/crowd.ts";
import { enterCell, type Visitor } from "../people/here.ts";
import { attempt } from "../parts/attempt.ts";
import { Icon } from "../parts/Icon.tsx";
import { sameItems } from "../parts/looks.ts";
import { Cell } from "./Cell.tsx";
import { type Column, columnsOf, own, rowsOf } from "./content.ts";
import type { ContentProps } from "./Content.tsx";
import { RowKeys } from "./row_keys.ts";

const ROWS = ["data", "rows"];
const SHOWN = ["name", "color", "path"] as const;

export function TableWidget(props: ContentProps) {
  const { board, id, widget, live } = props;
  const canEdit = props.canEdit && live?.value["rows"] === undefined; // fed rows are nobody's
  const columns = columnsOf(widget);
  const rows = rowsOf(widget);
  const keys = useRowKeys(props, rows.length);
  const box = useRef<HTMLDivElement>(null);
  const here = useVisitors(board, SHOWN, ({ widgetId, path }) => widgetId === id && path !== null);
  const visitorsIn = (at: number, column: string): readonly Visitor[] =>
    here.length === 0 ? here : here.filter(({ path }) => isCell(path!, at, column));

  const insertRow = (at: number): void => {
    attempt(() => {
      if (Array.isArray(widget.data["rows"])) board.insert(id, ROWS, at, [{}]);
      else board.set(id, ROWS, [{}]);
    });
    requestAnimationFrame(() => focusCell(box.current, at, 0));
  };
  const removeRow = (key: string): void => {
    const at = keys.keys.indexOf(key);
    if (at >= 0) attempt(() => board.delete(id, ROWS, at, 1));
  };
  const setCell = (key: string, column: string, value: JsonObject[string]): void => {
    const at = keys.keys.indexOf(key);
    if (at >= 0) attempt(() => board.set(id, [...ROWS, at, column], value));
  };
  const walk = (at: number, column: number, by: number, adds: boolean): void => {
    if (adds && at + 1 === rows.length) insertRow(rows.length);
    else focusCell(box.current, at + by, column);
  };

  if (columns.length === 0)
    return <p class="placeholder">No columns yet. Add some in “Settings…”.</p>;
  return (
    <div class="table-box" ref={box}>
      <table>
        <thead>
          <tr>
            {columns.map(({ key, title, align }) => (
              <th key={key} scope="col" class={isOfNumbers(rows, key, align) ? "number" : ""}>
                {title}
              </th>
            ))}
            {canEdit && <td class="row-tools" />}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, at) => (
            <tr key={keys.keys[at]}>
              {columns.map((column, ordinal) => (
                <Cell
                  key={column.key}
                  row={row}
                  column={column}
                  label={labelOf(column, at)}
                  canEdit={canEdit}
                  visitors={visitorsIn(at, column.key)}
                  enter={(isIn) =>
                    enterCell(board, id, isIn ? [...ROWS, `${at}`, column.key] : null)
                  }
                  set={(value) => setCell(keys.keys[at]!, column.key, value)}
                  walk={(by, adds) => walk(at, ordinal, by, adds)}
                />
              ))}
              {canEdit && (
                <td class="row-tools">
                  <button
                    class="quiet"
                    aria-label={`Remove row ${at + 1}`}
                    title="Remove row"
                    onClick={() => removeRow(keys.keys[at]!)}
                  >
                    <Icon name="close" />
                  </button>
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {canEdit && (
        <button class="quiet add-row" onClick={() => insertRow(rows.length)}>
          <Icon name="add" /> Add row
        </button>
      )}
    </div>
  );
}

function isOfNumbers(rows: readonly JsonObject[], key: string, align: string): boolean {
  return align === "right" || rows.some((row) => typeof own(row, key) === "number");
}

function isCell(path: readonly string[], at: number, column: string): boolean {
  return sameItems(path, [...ROWS, `${at}`, column]);
}

function labelOf({ title }: Column, at: number): string {
  return `${title}, row ${at + 1}`;
}

function useRowKeys({ board, id }: ContentProps, count: number): RowKeys {
  const keys = useRef<RowKeys | null>(null);
  keys.current ??= new RowKeys(id, ROWS, count);
  useEffect(
    () =>
      board.listen((news) => {
        const widget = board.document.widget(id);
        if (widget !== undefined) keys.current?.hear(news, rowsOf(widget).length);
      }),
    [board, id],
  );
  keys.current.fit(count);
  return keys.current;
}

function focusCell(box: HTMLElement | null, row: number, column: number): void {
  const line = box?.querySelectorAll("tbody tr")[row];
  line?.querySelectorAll<HTMLElement>("input")[column]?.focus();
}
