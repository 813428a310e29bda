/** One cell: what is typed is committed when it is left, so that a half-typed number is nobody's. */

import type { JsonObject, JsonValue } from "@weft/client";
import { useState } from "preact/hooks";

import { cellValue, type Column, own, textIn } from "./content.ts";

interface Props {
  readonly row: JsonObject;
  readonly column: Column;
  readonly label: string;
  readonly canEdit: boolean;
  readonly set: (value: JsonValue) => void;
  /** `adds`: a new row where there is none. */
  readonly walk: (rows: number, adds: boolean) => void;
}

export function Cell({ row, column, label, canEdit, set, walk }: Props) {
  const [typed, setTyped] = useState<string | null>(null);
  const value = own(row, column.key);
  const text = textIn(value);
  const isNumber = typeof value === "number";
  const look = isNumber || column.align === "right" ? "number" : "";
  if (!canEdit) return <td class={look}>{text}</td>;

  const commit = (): void => {
    if (typed !== null && typed !== text) set(cellValue(typed));
    setTyped(null);
  };
  return (
    <td class={look}>
      <input
        aria-label={label}
        value={typed ?? text}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onBlur={commit}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Escape") setTyped(null);
          const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (step === undefined) return;
          event.preventDefault();
          commit();
          walk(step, event.key === "Enter");
        }}
      />
    </td>
  );
}
