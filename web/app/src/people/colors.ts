/**
 * A colour for a person: the same everywhere, and white text on it can be read (WCAG AA). The rule
 * is the server's, see gateway/person_color.py.
 */

const SATURATION = 65;
const LIGHTEST = 45; // in percent; hues that are brighter to the eye are made darker
const LUMINANCE_MAX = 0.18;

const known = new Map<string, string>();

/** `id`: of a user, or any other name of one. */
export function colorOf(id: string): string {
  const color = known.get(id) ?? madeFor(id);
  known.set(id, color);
  return color;
}

function madeFor(id: string): string {
  const hue = numberIn(id) % 360;
  let lightness = LIGHTEST;
  while (luminance(hue, lightness) > LUMINANCE_MAX) lightness -= 1;
  return `hsl(${hue} ${SATURATION}% ${lightness}%)`;
}

function numberIn(id: string): number {
  const end = id.replaceAll("-", "").slice(-8);
  if (/^[0-9a-f]{8}$/.test(end)) return Number.parseInt(end, 16);
  return [...id].reduce((sum, letter) => sum * 31 + letter.codePointAt(0)!, 7) % 2 ** 32;
}

/** Relative luminance by WCAG 2, 0 to 1. */
function luminance(hue: number, lightness: number): number {
  const light = lightness / 100;
  const reach = (SATURATION / 100) * Math.min(light, 1 - light);
  const channel = (offset: number): number => {
    const turn = (offset + hue / 30) % 12;
    const value = light - reach * Math.max(-1, Math.min(turn - 3, 9 - turn, 1));
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return 0.2126 * channel(0) + 0.7152 * channel(8) + 0.0722 * channel(4);
}
