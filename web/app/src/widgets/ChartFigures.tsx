/** The figures of a chart as a sheet: labels down, series across; each figure is an edit of its own. */

import type { JsonValue } from "@weft/client";

import { attempt } from "../parts/attempt.ts";
import { Icon } from "../parts/Icon.tsx";
import { labelsOf, seriesOf } from "./content.ts";
import type { SettingsProps } from "./Settings.tsx";

const LABELS = ["data", "labels"];
const SERIES = ["data", "series"];

export function ChartFigures({ board, id, widget }: SettingsProps) {
  const labels = labelsOf(widget);
  const series = seriesOf(widget);
  const rows = Math.max(labels.length, ...series.map(({ values }) => values.length));

  const set = (path: readonly (string | number)[], value: JsonValue): void =>
    void attempt(() => board.set(id, path, value));
  const addRow = (): void => {
    attempt(() =>
      board.batch(() => {
        if (Array.isArray(widget.data["labels"])) board.insert(id, LABELS, labels.length, [""]);
        else board.set(id, LABELS, [""]);
        series.forEach(({ values }, at) => {
          const path = [...SERIES, at, "values"];
          board.insert(
            id,
            path,
            values.length,
            Array.from({ length: rows - values.length + 1 }, () => null),
          );
        });
      }),
    );
  };
  const removeRow = (at: number): void => {
    attempt(() =>
      board.batch(() => {
        if (at < labels.length) board.delete(id, LABELS, at, 1);
        series.forEach(({ values }, ordinal) => {
          if (at < values.length) board.delete(id, [...SERIES, ordinal, "values"], at, 1);
        });
      }),
    );
  };
  const addSeries = (): void => {
    const added = { name: `Series ${series.length + 1}`, values: labels.map(() => null) };
    attempt(() => {
      if (Array.isArray(widget.data["series"])) board.insert(id, SERIES, series.length, [added]);
      else board.set(id, SERIES, [added]);
    });
  };

  return (
    <div class="sheet">
      <table>
        <thead>
          <tr>
            <th scope="col">Label</th>
            {series.map(({ name }, at) => (
              <th key={at} scope="col">
                <Field
                  label={`Name of series ${at + 1}`}
                  text={name}
                  set={(text) => set([...SERIES, at, "name"], text)}
                />
              </th>
            ))}
            <th class="row-tools">
              <button class="quiet" aria-label="Add series" title="Add series" onClick={addSeries}>
                <Icon name="add" />
              </button>
            </th>
          </tr>
        </thead>
        <tbody>
          {Array.from({ length: rows }, (_, at) => (
            <tr key={at}>
              <td>
                <Field
                  label={`Label ${at + 1}`}
                  text={labels[at] ?? ""}
                  set={(text) => at < labels.length && set([...LABELS, at], text)}
                />
              </td>
              {series.map(({ values }, ordinal) => (
                <td key={ordinal} class="number">
                  <Field
                    label={`Value ${at + 1} of series ${ordinal + 1}`}
                    text={values[at] === null ? "" : String(values[at] ?? "")}
                    isNumber
                    set={(text) => {
                      const value = text.trim() === "" ? null : Number(text);
                      const fits = value === null || Number.isFinite(value);
                      if (fits && at < values.length)
                        set([...SERIES, ordinal, "values", at], value);
                    }}
                  />
                </td>
              ))}
              <td class="row-tools">
                <button
                  class="quiet"
                  aria-label={`Remove line ${at + 1}`}
                  title="Remove line"
                  onClick={() => removeRow(at)}
                >
                  <Icon name="close" />
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <button class="quiet" onClick={addRow}>
        <Icon name="add" /> Add line
      </button>
    </div>
  );
}

interface FieldProps {
  readonly label: string;
  readonly text: string;
  readonly isNumber?: boolean;
  readonly set: (text: string) => void;
}

function Field({ label, text, isNumber = false, set }: FieldProps) {
  return (
    <input
      aria-label={label}
      value={text}
      inputMode={isNumber ? "decimal" : "text"}
      onChange={(event) => set(event.currentTarget.value)}
    />
  );
}
