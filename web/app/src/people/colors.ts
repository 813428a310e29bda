/**
 * A colour for a person: the same everywhere, and white text on it can be read (WCAG AA). The rule
 * is the server's, see gateway/person_color.py.
 */

const SATURATION = 65;
const LIGHTEST = 45; // in percent; hues that are brighter to the eye are made darker
const LUMINANCE_MAX = 0.18;

const GOLDEN = 2_654_435_761; // 2^32 divided by the golden ratio: `ann1` and `ann2` are far apart

const known = new Map<string, string>();

export function colorOf(username: string): string {
  const color = known.get(username) ?? madeFor(username);
  known.set(username, color);
  return color;
}

function madeFor(username: string): string {
  const hue = hueOf(username);
  let lightness = LIGHTEST;
  while (luminance(hue, lightness) > LUMINANCE_MAX) lightness -= 1;
  return `hsl(${hue} ${SATURATION}% ${lightness}%)`;
}

function hueOf(username: string): number {
  const letters = [...username].map((letter) => letter.codePointAt(0)!);
  const number = letters.reduce((sum, letter) => (Math.imul(sum, 31) + letter) >>> 0, 7);
  return Math.floor(((Math.imul(number, GOLDEN) >>> 0) * 360) / 2 ** 32);
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
