"""Signed tokens and trusted proxies, from the environment to the gateways."""

import pickle
from ipaddress import ip_network
from pathlib import Path

import pytest

from cluster.settings import read_settings
from cluster.system_service import gateway_orders
from gateway.service import GatewaySettings
from weft.errors import WeftError

SECRET = "a secret of thirty-two bytes or more"


def order(tmp_path: Path, **environment: str) -> GatewaySettings:
    ports = {"data_dir": str(tmp_path), "ws_port": 0, "http_port": 0}
    [order] = gateway_orders(read_settings(ports, environment))
    return order


def test_without_a_key_no_signed_token_is_known(tmp_path: Path) -> None:
    made = order(tmp_path, WEFT_JWT_AUDIENCE="x")
    assert (made.token_rules, made.trusted_proxies) == (None, ())


def test_the_rules_reach_the_gateway_in_another_process(tmp_path: Path) -> None:
    made = order(
        tmp_path,
        WEFT_JWT_KEY=SECRET,
        WEFT_JWT_ALGORITHMS="HS256, HS512",
        WEFT_JWT_AUDIENCE="dashboards",
        WEFT_JWT_ISSUER="host",
        WEFT_JWT_LEEWAY_SECONDS="5",
        WEFT_JWT_CREATE_USERS="true",
        WEFT_TRUSTED_PROXIES="10.0.0.0/8,fd00::/8",
    )
    rules = pickle.loads(pickle.dumps(made)).token_rules
    assert (rules.key, rules.algorithms) == (SECRET, ("HS256", "HS512"))
    assert (rules.audience, rules.issuer) == ("dashboards", "host")
    assert (rules.leeway_seconds, rules.creates_users) == (5.0, True)
    assert made.trusted_proxies == (ip_network("10.0.0.0/8"), ip_network("fd00::/8"))
    assert SECRET not in repr(made)


def test_a_key_may_be_kept_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text(SECRET)
    named = {"WEFT_JWT_KEY_FILE": str(tmp_path / "key.pem"), "WEFT_JWT_ALGORITHMS": "HS256"}
    rules = order(tmp_path, **named).token_rules
    assert rules is not None
    assert rules.key == SECRET


@pytest.mark.parametrize(
    "environment",
    [
        {"WEFT_JWT_KEY": SECRET},  # RS256 by default, for which it is no key
        {"WEFT_JWT_KEY": SECRET, "WEFT_JWT_ALGORITHMS": "none"},
        {"WEFT_JWT_KEY_FILE": "/nowhere/key.pem"},
        {"WEFT_JWT_LEEWAY_SECONDS": "3600"},
        {"WEFT_TRUSTED_PROXIES": "10.0.0.1/8"},
        {"WEFT_TRUSTED_PROXIES": "everyone"},
    ],
    ids=str,
)
def test_what_cannot_work_is_misconfigured_and_keeps_its_secret(
    tmp_path: Path, environment: dict[str, str]
) -> None:
    with pytest.raises(WeftError) as caught:
        order(tmp_path, **environment)
    assert caught.value.code == "misconfigured"
    assert SECRET not in caught.value.message
