"""The `weft` command: its grammar, and what holds for every command.

Human text, or with --json exactly one JSON object on standard output. A fault is one line on
standard error (or `{"error": …}`), and a non-zero exit: 2 if it was asked for wrongly, by flag,
variable or address; 1 otherwise. Never a traceback: the line says where in Weft it happened.
"""

import argparse
import contextlib
import importlib
import json
import math
import os
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from cluster.settings import read_settings
from weft.errors import WeftError

EXIT_FAULT = 1
EXIT_MISCONFIGURED = 2
EXIT_INTERRUPTED = 130

FLAGS: dict[str, dict[str, Any]] = {
    "data_dir": {"metavar": "DIR", "help": "where everything is kept (default: .weft)"},
    "host": {
        "metavar": "ADDRESS",
        "help": "what to listen on (default: 127.0.0.1; with --ray-address, that of each node)",
    },
    "http_port": {"metavar": "N", "type": int, "help": "HTTP (default: 8766; 0: any free)"},
    "ws_port": {"metavar": "N", "type": int, "help": "WebSocket (default: 8765; 0: any free)"},
    "tls_cert": {"metavar": "FILE", "help": "certificate with its chain, PEM (default: no TLS)"},
    "tls_key": {"metavar": "FILE", "help": "the key of the certificate, PEM"},
    "postgres_url": {"metavar": "URL", "help": "PostgreSQL to use (default: an embedded one)"},
    "redis_url": {"metavar": "URL", "help": "Redis to use (default: an embedded one)"},
    "ray_address": {
        "metavar": "ADDRESS",
        "help": "Ray to join, or auto (default: a local one)",
    },
    "owners": {
        "metavar": "N",
        "type": int,
        "help": "owner processes of each node (default: 1; with --ray-address, its CPUs less one)",
    },
    "gateways": {"metavar": "N", "type": int, "help": "gateways of each node (default: 1)"},
    "demo": {
        "action": "store_true",
        "default": None,
        "help": "with people and dashboards to try it out, and sign-in without a password",
    },
    "admin_key": {"metavar": "KEY", "help": "of the HTTP API (default: kept in the data dir)"},
    "http": {"metavar": "URL", "help": "http://… of a running system (default: by the data dir)"},
}
UP_FLAGS = [flag for flag in FLAGS if flag != "http"]
ADMIN_FLAGS = ["data_dir", "http", "admin_key"]
USER = "id, username or email"


def main() -> None:
    sys.exit(run(sys.argv[1:]))


class _Misused(Exception):  # noqa: N818  (what argparse would end the process with)
    """The words are no command."""

    def __init__(self, usage: str, message: str) -> None:
        super().__init__(message)
        self.usage = usage


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        _, _, command = self.prog.partition(" ")  # the line begins with the program's name as it is
        raise _Misused(self.format_usage(), f"{command}: {message}" if command else message)


def run(words: Sequence[str]) -> int:
    """Returns the exit code."""
    as_json = "--json" in words
    try:
        arguments = grammar().parse_args(words)
        settings = read_settings(vars(arguments), os.environ)
        name = arguments.command.replace("-", "_")
        command = importlib.import_module(f"cluster.{name}_command")
        return int(command.run(settings, arguments))
    except _Misused as error:
        if not as_json:
            print(error.usage, end="", file=sys.stderr)
        return _report(WeftError("misconfigured", str(error)), as_json)
    except WeftError as error:
        return _report(error, as_json)
    except ModuleNotFoundError as error:
        missing = f"The package {error.name} is not installed: pip install 'weft[server,embedded]'"
        return _report(WeftError("misconfigured", missing), as_json)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # whoever read our output has left
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return EXIT_FAULT
    except Exception as error:  # noqa: BLE001  (a fault of ours, and still one line)
        return _report(WeftError("internal", _breakdown(error)), as_json)


def _report(error: WeftError, as_json: bool) -> int:
    if as_json:
        print(json.dumps({"error": error.to_json()}), flush=True)
    else:
        print(f"weft: {error.message} [{error.code}]", file=sys.stderr, flush=True)
    return EXIT_MISCONFIGURED if error.code == "misconfigured" else EXIT_FAULT


def _breakdown(error: Exception) -> str:
    """What was raised, and the innermost place of ours that it passed, in one line."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    ours = Path(__file__).parents[1]
    places = [
        f"{Path(frame.filename).relative_to(ours)}:{frame.lineno}"
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(ours) and ".venv" not in frame.filename
    ]
    told = " ".join(f"{type(error).__name__}: {error}".split())
    return f"{told} ({places[-1]})" if places else told


def grammar() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="weft",
        description="Live dashboards: every edit merged, durable and on every screen.",
        epilog="Each --flag that sets something up can also be given as WEFT_FLAG.",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_up(commands)
    _add_down(commands)
    _add_replay(commands)
    _add_verify(commands)
    _add_migrate(commands)
    _add_doctor(commands)
    _add_chaos(commands)
    _add_user(commands)
    _add_token(commands)
    _add_share(commands)
    _add_dashboards(commands)
    _add_status(commands)
    _add_move(commands)
    _add_rolling_restart(commands)
    _add_drain(commands)
    return parser


def _add_up(commands: Any) -> None:
    up = _add(commands, "up", "run the whole system, in the foreground", UP_FLAGS)
    up.add_argument("--detach", action="store_true", help="on a Ray cluster, until `weft down`")
    up.epilog = "Ctrl-C or SIGTERM drains: clients are told, checkpoints written."


def _add_down(commands: Any) -> None:
    flags = ["data_dir", "ray_address"]
    _add(commands, "down", "end a running system: clients are told, checkpoints written", flags)


def _add_replay(commands: Any) -> None:
    replay = _add(
        commands,
        "replay",
        "type a recorded editing history into the running system, or into one of its own",
        ADMIN_FLAGS,
    )
    replay.add_argument("trace", metavar="TRACE", help="sequential trace, JSON or gzipped JSON")
    replay.add_argument(
        "--clients", type=_positive, default=2, metavar="N", help="one types, N-1 follow"
    )
    replay.add_argument("--url", metavar="WS", help="ws://… of a running system")


def _add_verify(commands: Any) -> None:
    verify = _add(
        commands,
        "verify",
        "replay the logs and compare with checkpoints and rows",
        ["data_dir", "postgres_url"],
    )
    which = verify.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="every dashboard (the default)")
    which.add_argument("--dashboard", metavar="ID", help="only this one")


def _add_migrate(commands: Any) -> None:
    _add(commands, "migrate", "bring the database schema up to date", ["data_dir", "postgres_url"])


def _add_doctor(commands: Any) -> None:
    _add(commands, "doctor", "what is wrong here, and what to do", UP_FLAGS)


def _add_chaos(commands: Any) -> None:
    chaos = _add(
        commands,
        "chaos",
        "beat a cluster of its own while people edit, and judge it by its laws",
        [],
    )
    chaos.add_argument("--runs", type=_positive, default=1, metavar="N", help="one after the other")
    chaos.add_argument(
        "--seconds", type=_seconds, default=30.0, metavar="S", help="of each run (30)"
    )
    chaos.add_argument(
        "--seed", type=int, metavar="K", help="of the first run (default: by chance)"
    )
    chaos.add_argument("--faults", metavar="LIST", help="which, by commas (default: all)")
    chaos.add_argument(
        "--nodes", type=_positive, default=2, metavar="N", help="of Ray, on this machine (2)"
    )
    chaos.epilog = "Exit 1 when a law was broken; the first violation is told with its story."


def _add_user(commands: Any) -> None:
    verbs = _add_group(commands, "user", "accounts of a running system")
    add = _add(verbs, "add", "a new user", ADMIN_FLAGS)
    add.add_argument("email", metavar="EMAIL")
    add.add_argument("--username", metavar="NAME", help="default: what stands before the @")
    add.add_argument("--full-name", metavar="NAME")
    list_all = _add(verbs, "list", "all users, by username", ADMIN_FLAGS)
    list_all.add_argument("begins", metavar="BEGINS", nargs="?", help="how their names begin")


def _add_token(commands: Any) -> None:
    token = _add(commands, "token", "open a session for a user and tell its token", ADMIN_FLAGS)
    token.add_argument("user", metavar="USER", help=USER)
    token.add_argument("--ttl", metavar="SECONDS", type=_positive, help="how long it lasts")


def _add_share(commands: Any) -> None:
    share = _add(commands, "share", "give a user a role on a dashboard", ADMIN_FLAGS)
    share.add_argument("dashboard", metavar="DASHBOARD", help="its id")
    share.add_argument("user", metavar="USER", help=USER)
    share.add_argument("role", choices=["viewer", "editor", "admin"])
    share.add_argument("--invite", action="store_true", help="the user has to accept first")


def _add_dashboards(commands: Any) -> None:
    verbs = _add_group(commands, "dashboards", "dashboards of a running system")
    list_all = _add(verbs, "list", "what a user owns or takes part in", ADMIN_FLAGS)
    list_all.add_argument("user", metavar="USER", help=USER)
    list_all.add_argument("--search", metavar="TEXT", help="what the user may see and it matches")
    list_all.add_argument("--archived", action="store_true", help="archived ones too")
    add = _add(verbs, "add", "a new dashboard", ADMIN_FLAGS)
    add.add_argument("user", metavar="OWNER", help=USER)
    add.add_argument("title", metavar="TITLE")


def _add_status(commands: Any) -> None:
    _add(commands, "status", "nodes, owners and gateways of a running system", ADMIN_FLAGS)


def _add_move(commands: Any) -> None:
    move = _add(commands, "move", "send a dashboard to an owner, live", ADMIN_FLAGS)
    move.add_argument("dashboard", metavar="DASHBOARD", help="its id")
    move.add_argument("owner", metavar="OWNER", help="as `weft status` names it")


def _add_rolling_restart(commands: Any) -> None:
    _add(
        commands,
        "rolling-restart",
        "restart every owner and gateway in turn, while people go on editing",
        ["data_dir", "ray_address"],
    )


def _add_drain(commands: Any) -> None:
    _add(
        commands,
        "drain",
        "what runs on this node goes on elsewhere, before the node is stopped",
        ["data_dir", "ray_address"],
    )


def _add_group(commands: Any, name: str, summary: str) -> Any:
    parser = commands.add_parser(name, help=summary, description=summary)
    return parser.add_subparsers(dest="verb", required=True, metavar="VERB")


def _add(commands: Any, name: str, summary: str, flags: Sequence[str]) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
    for flag in flags:
        parser.add_argument("--" + flag.replace("_", "-"), **FLAGS[flag])
    parser.add_argument("--json", action="store_true", help="one JSON object instead of text")
    return parser


def _positive(text: str) -> int:
    if not text.isascii() or not text.isdigit() or not 1 <= len(text) <= 9 or not int(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 on")
    return int(text)


def _seconds(text: str) -> float:
    with contextlib.suppress(ValueError):
        if 0 < (seconds := float(text)) < math.inf:
            return seconds
    raise argparse.ArgumentTypeError(f"{text!r} is no time in seconds")


if __name__ == "__main__":
    main()
