"""Settings: a flag wins over the environment; a wrong one is named; a secret is never shown."""

from pathlib import Path

import pytest

from cluster.settings import Settings, read_settings
from weft.errors import WeftError


def test_a_flag_wins_over_the_environment_and_the_environment_over_the_default() -> None:
    environment = {"WEFT_WS_PORT": "1111", "WEFT_HTTP_PORT": "2222"}
    settings = read_settings({"ws_port": 3333, "http_port": None}, environment)
    assert (settings.ws_port, settings.http_port) == (3333, 2222)
    assert (settings.owners, settings.gateways) == (None, 1)


def test_flags_of_a_command_that_are_no_settings_are_left_alone() -> None:
    assert read_settings({"command": "up", "json": True}, {}) == Settings()


@pytest.mark.parametrize(
    ("flags", "environment", "named"),
    [
        ({"ws_port": 65_536}, {}, "--ws-port (or WEFT_WS_PORT)"),
        ({}, {"WEFT_OWNERS": "0"}, "--owners (or WEFT_OWNERS)"),
        ({}, {"WEFT_GATEWAYS": "many"}, "--gateways (or WEFT_GATEWAYS)"),
        ({"postgres_url": "mysql://localhost/weft"}, {}, "--postgres-url"),
        ({"redis_url": "localhost:6379"}, {}, "--redis-url"),
        ({"admin_key": "short"}, {}, "--admin-key"),
        ({}, {"WEFT_RETAIN_OPERATIONS_MONTHS": "-1"}, "--retain-operations-months"),
        ({}, {"WEFT_WEBHOOK_NETWORKS": "10.0.0.1/8"}, "--webhook-networks"),
    ],
)
def test_a_wrong_setting_is_misconfigured_and_named(
    flags: dict[str, object], environment: dict[str, str], named: str
) -> None:
    with pytest.raises(WeftError) as caught:
        read_settings(flags, environment)
    assert caught.value.code == "misconfigured"
    assert caught.value.message.startswith(named)
    assert "\n" not in caught.value.message


def test_a_secret_is_never_shown() -> None:
    secret = "correct-horse-battery-staple"
    settings = read_settings(
        {"admin_key": secret, "postgres_url": f"postgresql://weft:{secret}@host/weft"}, {}
    )
    assert secret not in repr(settings)
    assert secret not in str(settings)
    assert secret not in settings.model_dump_json()
    with pytest.raises(WeftError) as caught:
        read_settings({"postgres_url": f"mysql://weft:{secret}@host"}, {})
    assert secret not in caught.value.message


def test_the_data_directory_does_not_move_with_the_working_directory() -> None:
    assert read_settings({"data_dir": "here"}, {}).data_dir == Path.cwd() / "here"


def test_settings_are_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Settings().owners = 2  # type: ignore[misc]


def test_a_demo_is_never_on_a_postgresql_of_ones_own() -> None:
    assert not read_settings({}, {}).demo
    assert read_settings({"demo": True}, {}).demo
    assert read_settings({}, {"WEFT_DEMO": "true"}).demo
    with pytest.raises(WeftError, match="--demo is not for a PostgreSQL of your own") as refused:
        read_settings({"demo": True}, {"WEFT_POSTGRES_URL": "postgresql://weft@db/weft"})
    assert refused.value.code == "misconfigured"


@pytest.mark.parametrize("url", ["https://a/", "wss://a/; script-src *", "ws://", "wss://a b"])
def test_law7_the_address_of_the_socket_adds_no_rule_to_the_policy(url: str) -> None:
    assert read_settings({}, {"WEFT_PUBLIC_WS_URL": "wss://a.example/ws"}).public_ws_url
    with pytest.raises(WeftError, match="WEFT_PUBLIC_WS_URL"):
        read_settings({}, {"WEFT_PUBLIC_WS_URL": url})
