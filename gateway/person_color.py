"""A colour for a user: the same everywhere, and white text on it can be read (WCAG AA).

Made of the username, which the live app knows before anybody has signed in; it has the same rule in
web/app/src/people/colors.ts.
"""

from colorsys import hls_to_rgb
from typing import Final

GOLDEN: Final = 2_654_435_761  # 2^32 divided by the golden ratio
SATURATION: Final = 65
LIGHTEST: Final = 45  # in percent; hues that are brighter to the eye are made darker
LUMINANCE_MAX: Final = 0.18  # white has 4.5 times the contrast with what is darker


def color_of(username: str) -> str:
    hue = _hue_of(username)
    lightness = LIGHTEST
    while luminance(hue, lightness) > LUMINANCE_MAX:
        lightness -= 1
    return f"hsl({hue} {SATURATION}% {lightness}%)"


def _hue_of(username: str) -> int:
    """By the golden ratio, so that `ann1` and `ann2` are far apart."""
    number = 7
    for letter in username:
        number = (number * 31 + ord(letter)) % 2**32
    return number * GOLDEN % 2**32 * 360 >> 32


def luminance(hue: int, lightness: int) -> float:
    """Relative luminance by WCAG 2, 0 to 1."""
    red, green, blue = map(_linear, hls_to_rgb(hue / 360, lightness / 100, SATURATION / 100))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return float(channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4)
