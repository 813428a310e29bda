"""Colours of people: the same on both sides of the wire, and names are read on them."""

import itertools

import pytest

from cluster import demo
from gateway.person_color import color_of, luminance

# The same are in web/app/test/colors.test.ts.
KNOWN = {
    "ann": "hsl(254 65% 45%)",
    "ben": "hsl(74 65% 30%)",
    "user1": "hsl(106 65% 31%)",
    "user2": "hsl(329 65% 45%)",
    "Zoë 😀": "hsl(69 65% 29%)",
    "a" * 100: "hsl(169 65% 31%)",
}


def hue_of(username: str) -> int:
    return int(color_of(username).removeprefix("hsl(").split()[0])


@pytest.mark.parametrize("username", KNOWN)
def test_a_user_has_one_colour(username: str) -> None:
    assert color_of(username) == KNOWN[username]


def test_people_of_the_demo_are_told_apart_by_colour() -> None:
    for one, other in itertools.combinations(demo.USERNAMES, 2):
        apart = abs(hue_of(one) - hue_of(other))
        assert min(apart, 360 - apart) >= 50, (one, other)


def test_white_is_read_on_every_hue() -> None:
    met = {hue_of(name): color_of(name) for name in map(str, range(3000))}
    assert len(met) == 360
    for hue, found in met.items():
        lightness = int(found.split()[2].rstrip("%)"))
        assert 1.05 / (luminance(hue, lightness) + 0.05) >= 4.5, found
        assert lightness >= 25  # and it is a colour, not black
