"""Where a request comes from: what proxies of ours have added is believed, and nothing else."""

from ipaddress import ip_address

import pytest

from gateway.client_address import client_address
from weft.models import parse_network

OURS = tuple(map(parse_network, ("10.0.0.0/8", "fd00::/8")))


@pytest.mark.parametrize(
    ("peer", "forwarded", "expected"),
    [
        ("192.0.2.1", [], "192.0.2.1"),
        ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),  # a stranger's claim
        ("10.0.0.1", [], "10.0.0.1"),
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["198.51.100.7, 203.0.113.9"], "203.0.113.9"),  # the left one is the client's
        ("10.0.0.1", ["198.51.100.7", "203.0.113.9 , 10.1.1.1"], "203.0.113.9"),
        ("10.0.0.1", ["10.9.9.9"], "10.9.9.9"),  # all of it ours: the first of them
        ("::ffff:10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("fd00::1", ["2001:db8::1"], "2001:db8::1"),
        ("10.0.0.1", ["nonsense"], None),
        ("10.0.0.1", ["203.0.113.9, nonsense"], None),
        ("10.0.0.1", [""], None),
        ("nonsense", ["203.0.113.9"], None),
        (None, ["203.0.113.9"], None),
    ],
)
def test_the_first_address_from_the_right_that_is_not_ours(
    peer: str | None, forwarded: list[str], expected: str | None
) -> None:
    found = client_address(peer, forwarded, OURS)
    assert found == (ip_address(expected) if expected else None)


def test_without_trusted_proxies_nobody_is_believed() -> None:
    assert client_address("10.0.0.1", ["203.0.113.9"], ()) == ip_address("10.0.0.1")
