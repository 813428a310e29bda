/**
 * What lies under a widget, and whether dark or light ink can be read on it (WCAG AA): the theme's own
 * ink is made for the theme's own ground.
 */

const HEX = /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i;
const MIDDLE = 0.179; // of this luminance black and white have the same contrast

/** "": the theme's ink; nobody can tell for colours that are written otherwise. */
export function inkOn(color: unknown): "" | "dark-ink" | "light-ink" {
  if (typeof color !== "string" || !HEX.test(color)) return "";
  const [red, green, blue] = channelsOf(color).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!;
  return luminance > MIDDLE ? "dark-ink" : "light-ink";
}

/** As a field for colours wants it; null: it is written otherwise. */
export function longHex(color: unknown): string | null {
  if (typeof color !== "string" || !HEX.test(color)) return null;
  return `#${channelsOf(color)
    .map((value) => value.toString(16).padStart(2, "0"))
    .join("")}`;
}

function channelsOf(hex: string): readonly number[] {
  const digits = hex.slice(1);
  const size = digits.length / 3;
  return [0, 1, 2].map((at) => {
    const part = digits.slice(at * size, (at + 1) * size);
    return Number.parseInt(size === 1 ? part + part : part, 16);
  });
}
