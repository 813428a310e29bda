/** The colour under a widget: none, one of a few that go together, or any other. */

import { Icon } from "../parts/Icon.tsx";
import { inkOn, longHex } from "./ground.ts";

interface Props {
  readonly color: string; // "": none
  readonly choose: (color: string | undefined) => void;
}

const COLORS: { readonly [color: string]: string } = {
  "#fff4cc": "Straw",
  "#dcf5e3": "Mint",
  "#dbeafe": "Sky",
  "#ece4ff": "Lilac",
  "#ffe1e0": "Rose",
  "#1f4d3a": "Fir",
  "#27356b": "Indigo",
  "#5b2333": "Wine",
};

export function Ground({ color, choose }: Props) {
  const isOther = color !== "" && !Object.hasOwn(COLORS, color);
  return (
    <fieldset class="swatches">
      <legend>Background</legend>
      <button
        class="swatch none"
        aria-label="None"
        title="None"
        aria-pressed={color === ""}
        onClick={() => choose(undefined)}
      >
        <Icon name="close" />
      </button>
      {Object.entries(COLORS).map(([value, name]) => (
        <button
          key={value}
          class={`swatch ${inkOn(value)}`}
          aria-label={name}
          title={name}
          aria-pressed={color === value}
          style={{ backgroundColor: value }}
          onClick={() => choose(value)}
        >
          {color === value && <Icon name="check" />}
        </button>
      ))}
      <label class={isOther ? "swatch-other chosen" : "swatch-other"}>
        <input
          type="color"
          value={longHex(color) ?? "#ffffff"}
          onChange={(event) => choose(event.currentTarget.value)}
        />
        Another
      </label>
    </fieldset>
  );
}
