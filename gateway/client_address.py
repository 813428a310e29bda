"""Where a request comes from, past the proxies that are ours; what others claim is not believed.

Each proxy adds whom it has heard to `X-Forwarded-For`. Read from the right, the first address that
is not one of our proxies is the client: all to the left of it, the client may have written itself.
"""

from collections.abc import Iterable, Sequence

from weft.models.address import Address, Network, parse_address


def client_address(
    peer: str | None, forwarded_for: Iterable[str], trusted: Sequence[Network]
) -> Address | None:
    """`forwarded_for`: the values of that header, in order. None: not known."""
    address = _parsed(peer)
    chain = [part.strip() for value in forwarded_for for part in value.split(",")]
    for claimed in reversed(chain):
        if address is None or not any(address in network for network in trusted):
            return address
        address = _parsed(claimed)
    return address


def _parsed(text: str | None) -> Address | None:
    try:
        return parse_address(text)
    except ValueError:
        return None
