"""A colour for a user: the same everywhere, and white text on it can be read (WCAG AA).

The live app has the same rule in web/app/src/people/colors.ts.
"""

from colorsys import hls_to_rgb
from typing import Final
from uuid import UUID

SATURATION: Final = 65
LIGHTEST: Final = 45  # in percent; hues that are brighter to the eye are made darker
LUMINANCE_MAX: Final = 0.18  # white has 4.5 times the contrast with what is darker


def color_of(user_id: UUID) -> str:
    hue = int(user_id.hex[-8:], 16) % 360
    lightness = LIGHTEST
    while luminance(hue, lightness) > LUMINANCE_MAX:
        lightness -= 1
    return f"hsl({hue} {SATURATION}% {lightness}%)"


def luminance(hue: int, lightness: int) -> float:
    """Relative luminance by WCAG 2, 0 to 1."""
    red, green, blue = map(_linear, hls_to_rgb(hue / 360, lightness / 100, SATURATION / 100))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return float(channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4)
