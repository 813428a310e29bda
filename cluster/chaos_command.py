"""`weft chaos`: beats a cluster of its own while people edit, and judges it by its laws after."""

import argparse
import asyncio
import json
import random
import signal
import sys
from collections.abc import Coroutine
from dataclasses import asdict
from typing import Any

from cluster.chaos.battlefield_service import Aftermath, battlefield
from cluster.chaos.faults_service import FAULTS
from cluster.chaos.recovery import summary
from cluster.chaos.run_service import Outcome, run_once
from cluster.settings import Settings
from weft.errors import WeftError

SEED_BITS = 32
SHOWN_VIOLATIONS = 10  # of a run; the count says how many there are


def run(settings: Settings, arguments: argparse.Namespace) -> int:  # noqa: ARG001
    faults = chosen(arguments.faults, arguments.nodes)
    seed = random.getrandbits(SEED_BITS) if arguments.seed is None else arguments.seed

    out = sys.stderr if arguments.json else sys.stdout  # as it is now: Ray will redirect it

    def say(text: str) -> None:
        print(text, file=out, flush=True)

    outcomes = []
    _end_in_order()
    with battlefield(say, arguments.nodes) as field:
        _end_in_order()  # Ray has put handlers of its own in the place of ours
        for number in range(arguments.runs):
            say(f"run {number + 1} of {arguments.runs}, seed {seed + number}")
            running = run_once(field, seed + number, arguments.seconds, faults, say)
            outcomes.append(_outcome(running, seed + number))
            say("\n".join(_lines(outcomes[-1])))
    report = told(outcomes, field.aftermath)
    if arguments.json:
        print(json.dumps(report))
    else:
        for fault, times in report["recovery"].items():
            say(f"{fault:26} {times}")
        for violation in field.aftermath.violations:
            say(f"  VIOLATION {violation}")
        say(f"{report['runs']} runs, {report['violations']} violations")
    return 1 if report["violations"] else 0


def _end_in_order() -> None:
    """SIGTERM ends it as Ctrl-C does: with all that was started, and its directory, gone."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))


def _outcome(running: Coroutine[Any, Any, Outcome], seed: int) -> Outcome:
    """Raises WeftError internal: the run itself has broken off, which is no judgement."""
    try:
        return asyncio.run(running)
    except Exception as error:
        raise WeftError("internal", f"The run with seed {seed} broke off: {error!r}") from error


def chosen(names: str | None, nodes: int) -> list[str]:
    """Those that are named, else all that can strike so many nodes.

    Raises WeftError misconfigured.
    """
    possible = [name for name, fault in FAULTS.items() if fault.needs_nodes <= nodes]
    if names is None:
        return possible
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    unknown = [name for name in wanted if name not in FAULTS]
    if unknown or not wanted:
        what = f"there is no {', '.join(unknown)}" if unknown else "none is named"
        raise WeftError("misconfigured", f"--faults: {what}; there are {', '.join(FAULTS)}.")
    impossible = [name for name in wanted if name not in possible]
    if impossible:
        message = f"--faults: {', '.join(impossible)} needs more than {nodes} node (--nodes)."
        raise WeftError("misconfigured", message)
    return wanted


def told(outcomes: list[Outcome], aftermath: Aftermath) -> dict[str, Any]:
    """The JSON object."""
    violations = [each for outcome in outcomes for each in outcome.violations]
    violations += aftermath.violations
    stories = [each.story for each in outcomes if each.story]
    stories += [[str(each)] for each in aftermath.violations]
    return {
        "runs": len(outcomes),
        "clean_runs": sum(not each.violations for each in outcomes),
        "seeds": [each.seed for each in outcomes],
        "operations_acknowledged": sum(each.operations_acknowledged for each in outcomes),
        "versions": sum(each.versions for each in outcomes),
        "checkpoints": aftermath.checkpoints,
        "faults": sum(len(each.blows) for each in outcomes),
        "violations": len(violations),
        "first_violation": next(iter(stories), None),
        "recovery": summary(pause for each in outcomes for pause in each.pauses),
        "timeline": [
            {"seed": each.seed, "blows": [asdict(blow) for blow in each.blows]} for each in outcomes
        ],
    }


def _lines(outcome: Outcome) -> list[str]:
    shown = [str(violation) for violation in outcome.violations[:SHOWN_VIOLATIONS]]
    return [
        f"  {outcome.operations_acknowledged} operations acknowledged in {outcome.versions} "
        f"versions, {len(outcome.blows)} faults, {len(outcome.violations)} violations",
        *(f"  VIOLATION {text}" for text in shown),
        *(f"    {line}" for line in outcome.story),
    ]
