"""Laws 7 and 9: how much is too much, from the environment to the gateways."""

import pickle
from pathlib import Path

import pytest

from cluster.settings import read_settings
from gateway.doorway import Bounds
from gateway.rate_limit import DEFAULT_GLOBAL_RATES, DEFAULT_RATES, Rate
from tests.cluster.test_token_settings import order
from weft.errors import WeftError


def test_without_a_word_they_are_those_of_the_limits(tmp_path: Path) -> None:
    made = order(tmp_path)
    assert (made.rates, made.global_rates) == (DEFAULT_RATES, DEFAULT_GLOBAL_RATES)
    assert made.bounds == Bounds()


def test_law7_each_rate_and_bound_reaches_the_gateway_in_another_process(tmp_path: Path) -> None:
    kinds = ("OPERATIONS", "CURSOR", "FEEDS", "CONNECTIONS")
    environment = {f"WEFT_RATE_{kind}": str(11 + index) for index, kind in enumerate(kinds)}
    environment |= {"WEFT_RATE_GLOBAL_OPERATIONS": "21", "WEFT_RATE_GLOBAL_CONNECTIONS": "22"}
    environment |= {
        "WEFT_CONNECTIONS_PER_GATEWAY": "31",
        "WEFT_CONNECTIONS_PER_ADDRESS": "32",
        "WEFT_CONNECTIONS_UNKNOWN": "33",
    }
    made = pickle.loads(pickle.dumps(order(tmp_path, **environment)))
    assert made.rates == {
        "operations": Rate(11, 10_000),
        "cursor": Rate(12, 1_000),
        "feeds": Rate(13, 1_000),
        "connections": Rate(14, 60_000),
    }
    assert made.global_rates == {"operations": Rate(21, 10_000), "connections": Rate(22, 60_000)}
    assert made.bounds == Bounds(connections=31, per_address=32, unknown=33)


@pytest.mark.parametrize("value", ["0", "-1", "many"])
def test_one_that_would_let_nobody_in_is_misconfigured(value: str) -> None:
    with pytest.raises(WeftError, match="WEFT_RATE_OPERATIONS"):
        read_settings({}, {"WEFT_RATE_OPERATIONS": value})
