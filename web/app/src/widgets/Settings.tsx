/** What can be set of a widget, by its type; every change is an edit at once, and can be undone. */

import type { Board, JsonValue, WidgetJson } from "@weft/client";

import { attempt } from "../parts/attempt.ts";
import { Dialog } from "../parts/Dialog.tsx";
import { safeImageUrl, safeWebUrl } from "./addresses.ts";
import { CHART_TYPES } from "./chart_configuration.ts";
import { ChartFigures } from "./ChartFigures.tsx";
import { objectIn, own, textIn } from "./content.ts";
import { Ground } from "./Ground.tsx";
import { kindOf } from "./kinds.ts";
import { TableColumns } from "./TableColumns.tsx";

export interface SettingsProps {
  readonly board: Board;
  readonly id: string;
  readonly widget: Readonly<WidgetJson>;
}

interface FieldProps extends SettingsProps {
  readonly name: string;
  readonly label: string;
}

const FITS = ["contain", "cover", "fill", "none", "scale-down"];
const ALIGNMENTS = ["left", "center", "right", "justify"];
const SIZES = ["12", "14", "16", "20", "24", "32"];

export function Settings({ close, ...props }: SettingsProps & { readonly close: () => void }) {
  const { type } = props.widget;
  return (
    <Dialog title={`${kindOf(type).name} settings`} close={close} isWide>
      <div class="stack">
        {type === "text" && (
          <>
            <Choice {...props} name="align" label="Alignment" options={ALIGNMENTS} />
            <Choice {...props} name="fontSize" label="Size" options={SIZES} isNumber />
          </>
        )}
        {type === "chart" && (
          <>
            <Choice {...props} name="chartType" label="Type" options={CHART_TYPES} />
            <Flag {...props} name="legend" label="Legend" />
            <Flag {...props} name="stacked" label="Stacked" />
            <ChartFigures {...props} />
          </>
        )}
        {type === "table" && <TableColumns {...props} />}
        {type === "image" && (
          <>
            <Address {...props} name="url" label="Address" check={safeImageUrl} />
            <Words {...props} name="alt" label="Description, for who does not see it" />
            <Choice {...props} name="fit" label="Fit" options={FITS} />
          </>
        )}
        {type === "video" && (
          <>
            <Address {...props} name="url" label="Address of the film" check={safeWebUrl} />
            <Address {...props} name="poster" label="Picture before it runs" check={safeImageUrl} />
            <Flag {...props} name="loop" label="Again and again" />
            <Flag {...props} name="muted" label="Without sound" />
          </>
        )}
        {type === "embed" && (
          <>
            <Address {...props} name="url" label="Address of the page" check={safeWebUrl} />
            <Flag {...props} name="allowFullscreen" label="May fill the screen" />
            <p class="soft">It is shown in a frame that cannot reach this dashboard.</p>
          </>
        )}
        <Ground
          color={textIn(valueOf(props, "backgroundColor"))}
          choose={(color) => setConfig(props, "backgroundColor", color)}
        />
      </div>
    </Dialog>
  );
}

function setConfig({ board, id }: SettingsProps, name: string, value: JsonValue | undefined): void {
  attempt(() => {
    if (value !== undefined) board.set(id, ["config", name], value);
    else board.unset(id, ["config", name]);
  });
}

function valueOf({ widget }: SettingsProps, name: string): JsonValue | undefined {
  return own(objectIn(widget.config), name);
}

function Words({ label, name, ...props }: FieldProps) {
  return (
    <label class="field">
      {label}
      <input
        value={textIn(valueOf(props, name))}
        onChange={(event) => setConfig(props, name, event.currentTarget.value || undefined)}
      />
    </label>
  );
}

interface AddressProps extends FieldProps {
  readonly check: (value: unknown) => string | null;
}

function Address({ label, name, check, ...props }: AddressProps) {
  return (
    <label class="field">
      {label}
      <input
        type="url"
        placeholder="https://"
        value={textIn(valueOf(props, name))}
        onInput={(event) => event.currentTarget.setCustomValidity("")}
        onChange={(event) => {
          const input = event.currentTarget;
          const address = input.value.trim();
          if (address === "") return setConfig(props, name, undefined);
          if (check(address) !== null) return setConfig(props, name, address);
          input.setCustomValidity("Only http:// and https:// addresses can be shown.");
          return void input.reportValidity();
        }}
      />
    </label>
  );
}

interface ChoiceProps extends FieldProps {
  readonly options: readonly string[];
  readonly isNumber?: boolean;
}

function Choice({ label, name, options, isNumber = false, ...props }: ChoiceProps) {
  return (
    <label class="field">
      {label}
      <select
        value={textIn(valueOf(props, name))}
        onChange={(event) => {
          const chosen = event.currentTarget.value;
          const value = isNumber ? Number(chosen) : chosen;
          setConfig(props, name, chosen === "" ? undefined : value);
        }}
      >
        <option value="">as usual</option>
        {options.map((option) => (
          <option key={option}>{option}</option>
        ))}
      </select>
    </label>
  );
}

function Flag({ label, name, ...props }: FieldProps) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={valueOf(props, name) === true}
        onChange={(event) => setConfig(props, name, event.currentTarget.checked)}
      />
      {label}
    </label>
  );
}
