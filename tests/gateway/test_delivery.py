"""What a webhook is sent and where it may not lead: the pure part."""

from ipaddress import ip_address
from uuid import uuid4

import pytest

from gateway.delivery import DeliveryRules, changes_message, may_be_reached, places_each
from storage.ports import LoggedSubmission
from weft.errors import WeftError
from weft.models import parse_network
from weft.wire.signature import sign, verify

BODY = b'{"a": 1}'


@pytest.mark.parametrize(
    ("address", "is_open"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1:248:1893:25c8:1946", True),
        ("127.0.0.1", False),
        ("::1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),  # where clouds keep their credentials
        ("100.64.0.1", False),
        ("0.0.0.0", False),
        ("0.1.2.3", False),
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("fd00::1", False),
        ("fe80::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:93.184.216.34", True),
        ("64:ff9b::7f00:1", False),  # 127.0.0.1 through NAT64
        ("64:ff9b::5db8:d822", True),
        ("2002:7f00:1::", False),  # 127.0.0.1 through 6to4
    ],
)
def test_law7_a_webhook_leads_to_the_public_internet_alone(address: str, is_open: bool) -> None:
    assert may_be_reached(ip_address(address), ()) is is_open


def test_networks_that_are_allowed_may_be_reached_and_no_others() -> None:
    inside = (parse_network("10.0.0.0/8"), parse_network("fd00::/8"))
    assert may_be_reached(ip_address("10.1.2.3"), inside)
    assert may_be_reached(ip_address("::ffff:10.1.2.3"), inside)
    assert may_be_reached(ip_address("fd00::1"), inside)
    assert not may_be_reached(ip_address("127.0.0.1"), inside)
    assert not may_be_reached(ip_address("192.168.0.1"), inside)


def test_a_signature_holds_for_its_body_secret_and_time_alone() -> None:
    header = sign("secret", BODY, 1_000)
    verify("secret", BODY, header, 1_000.5)
    for secret, body, told, now in (
        ("other", BODY, header, 1_000),
        ("secret", BODY + b" ", header, 1_000),
        ("secret", BODY, header.replace("t=1000", "t=1001"), 1_000),
        ("secret", BODY, header, 1_301),
        ("secret", BODY, header, 699),
        ("secret", BODY, "", 1_000),
        ("secret", BODY, "t=٣,v1=ü", 1_000),
    ):
        with pytest.raises(WeftError) as raised:
            verify(secret, body, told, now)
        assert raised.value.code == "unauthenticated"


def test_waits_double_up_to_a_bound_and_end() -> None:
    rules = DeliveryRules(attempts_max=5, retry_first_seconds=2, retry_max_seconds=10)
    longest = [rules.retry_after_seconds(attempts, 1.0) for attempts in range(1, 6)]
    assert longest == [2, 4, 8, 10, None]
    assert rules.retry_after_seconds(3, 0.0) == 4, "half of it at least"


def test_changes_are_cut_by_size_and_never_to_none() -> None:
    large = [submission(version, "x" * 600_000) for version in (1, 2, 3)]
    assert changes_message(uuid4(), large, 3).up_to_version == 1
    small = [submission(version, "x") for version in (4, 5, 6)]
    assert changes_message(uuid4(), small, 9).up_to_version == 6
    huge = [submission(1, "x" * 3_000_000)]
    assert changes_message(uuid4(), huge, 1).up_to_version == 1


def test_the_same_versions_come_under_the_same_id() -> None:
    dashboard_id = uuid4()
    one, two = submission(1, "a"), submission(2, "b")
    assert changes_message(dashboard_id, [one], 1).id == changes_message(dashboard_id, [one], 2).id
    both = changes_message(dashboard_id, [one, two], 2)
    assert changes_message(dashboard_id, [one], 1).id != both.id


def submission(version: int, text: str) -> LoggedSubmission:
    edit = {"type": "update", "path": ["title"], "value": text}
    return LoggedSubmission(version, uuid4(), 1, uuid4(), version - 1, (edit,), b"f", 0)


@pytest.mark.parametrize(("webhooks", "each"), [(1, 4), (16, 4), (17, 3), (64, 1), (1_000, 1)])
def test_webhooks_share_evenly_and_none_is_without_a_place(webhooks: int, each: int):
    assert places_each(webhooks) == each
