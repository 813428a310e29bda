"""Colours of people: the same on both sides of the wire, and names are read on them."""

from uuid import UUID

import pytest

from gateway.person_color import color_of, luminance

# The same three are in web/app/test/colors.test.ts.
KNOWN = {
    "0b8a6c1e-0000-4000-8000-000000000000": "hsl(0 65% 45%)",
    "0b8a6c1e-0000-4000-8000-00000000003c": "hsl(60 65% 28%)",
    "0b8a6c1e-0000-4000-8000-0000deadbeef": "hsl(119 65% 32%)",
}


@pytest.mark.parametrize("text", KNOWN)
def test_a_user_has_one_colour(text: str) -> None:
    assert color_of(UUID(text)) == KNOWN[text]


def test_white_is_read_on_every_hue() -> None:
    for hue in range(360):
        found = color_of(UUID(int=hue))
        lightness = int(found.split()[2].rstrip("%)"))
        assert 1.05 / (luminance(hue, lightness) + 0.05) >= 4.5, found
        assert lightness >= 25  # and it is a colour, not black
