"""Where a request came from, in one spelling: an IPv4 address mapped into IPv6 is that IPv4.

Otherwise `::ffff:10.0.0.1`, as dual-stack sockets report it, would slip past `10.0.0.0/8`.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Annotated, Any, Final, TypeAlias

from pydantic import PlainSerializer, PlainValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

_MAPPED: Final = IPv6Network("::ffff:0:0/96")

_EVERYWHERE: Final = ("0.0.0.0", "::", "")


def in_url(host: str, address: str = "") -> str:
    """How a URL names who listens on `host`. Who listens everywhere is reached at `address`, or
    without one from this machine only. IPv6 addresses stand in brackets.
    """
    found = (address or "127.0.0.1") if host in _EVERYWHERE else host
    return f"[{found}]" if ":" in found else found


def plain_address(address: Address) -> Address:
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


def parse_address(value: Any) -> Address:
    """Raises PydanticCustomError (a ValueError) for anything but an address without a zone."""
    if isinstance(value, IPv4Address | IPv6Address):
        return plain_address(value)
    if not isinstance(value, str) or "%" in value:  # PostgreSQL's INET has no zones
        raise PydanticCustomError("ip_address", "Input should be an IPv4 or IPv6 address")
    try:
        return plain_address(ip_address(value))
    except ValueError:
        raise PydanticCustomError("ip_address", "Input should be an IPv4 or IPv6 address") from None


def parse_network(value: Any) -> Network:
    """CIDR, or one address. Bits beyond the mask are refused: `10.1.2.3/8` hides a slip."""
    if isinstance(value, IPv4Network | IPv6Network):
        return _plain_network(value)
    if not isinstance(value, str) or "%" in value:
        raise PydanticCustomError("ip_network", "Input should be a network such as 10.0.0.0/8")
    try:
        return _plain_network(ip_network(value))
    except ValueError:
        raise PydanticCustomError(
            "ip_network",
            "Input should be a network such as 10.0.0.0/8, without bits beyond its mask",
        ) from None


def _plain_network(network: Network) -> Network:
    if isinstance(network, IPv6Network) and network.subnet_of(_MAPPED):
        low = int(network.network_address) & 0xFFFF_FFFF
        return IPv4Network((low, network.prefixlen - 96))
    return network


IpAddress = Annotated[
    IPv4Address | IPv6Address,
    PlainValidator(parse_address),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "description": "An IPv4 or IPv6 address."}),
]
IpNetwork = Annotated[
    IPv4Network | IPv6Network,
    PlainValidator(parse_network),
    PlainSerializer(str, return_type=str),
    WithJsonSchema({"type": "string", "description": "A network in CIDR notation."}),
]
