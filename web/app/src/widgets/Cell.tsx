/**
 * One cell: what is typed is committed when it is left, so that a half-typed number is nobody's. Who
 * is in it meanwhile is shown to the others.
 */

import type { JsonObject, JsonValue } from "@weft/client";
import { useState } from "preact/hooks";

import type { Visitor } from "../people/here.ts";
import { cellValue, type Column, own, textIn } from "./content.ts";

interface Props {
  readonly row: JsonObject;
  readonly column: Column;
  readonly label: string;
  readonly canEdit: boolean;
  readonly visitors: readonly Visitor[]; // who are in it
  readonly enter: (isIn: boolean) => void;
  readonly set: (value: JsonValue) => void;
  /** `adds`: a new row where there is none. */
  readonly walk: (rows: number, adds: boolean) => void;
}

export function Cell({ row, column, label, canEdit, visitors, enter, set, walk }: Props) {
  const [typed, setTyped] = useState<string | null>(null);
  const value = own(row, column.key);
  const text = textIn(value);
  const isNumber = typeof value === "number";
  const [visitor] = visitors;
  const look = {
    class: [(isNumber || column.align === "right") && "number", visitor && "occupied"]
      .filter(Boolean)
      .join(" "),
    style: visitor && { "--person": visitor.color },
  };
  const names = visitor && (
    <span class="name-flag" aria-hidden="true">
      {visitors.map(({ name }) => name).join(", ")}
    </span>
  );
  if (!canEdit) {
    return (
      <td {...look}>
        {text}
        {names}
      </td>
    );
  }

  const commit = (): void => {
    if (typed !== null && typed !== text) set(cellValue(typed));
    setTyped(null);
  };
  return (
    <td {...look}>
      <input
        aria-label={label}
        value={typed ?? text}
        onInput={(event) => setTyped(event.currentTarget.value)}
        onFocus={() => enter(true)}
        onBlur={() => {
          commit();
          enter(false);
        }}
        onKeyDown={(event) => {
          event.stopPropagation();
          if (event.key === "Escape") setTyped(null);
          const step = { Enter: 1, ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (step === undefined) return;
          event.preventDefault();
          walk(step, event.key === "Enter");
        }}
      />
      {names}
    </td>
  );
}
