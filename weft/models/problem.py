"""Law 7, bad input is answered: invalid data names the field, the rule it breaks, and why.

What was sent is never repeated in the answer, beyond the name of a field.
"""

from collections.abc import Iterable
from typing import Final, NamedTuple

from pydantic import ValidationError
from pydantic.alias_generators import to_camel

from weft.errors import WeftError
from weft.limits import PROBLEMS_MAX_PER_ANSWER

_FIELD_MAX_CHARACTERS: Final = 200  # of a path shown in an answer


class Problem(NamedTuple):
    """One broken rule: `field` is a dotted path in camelCase ("" for the whole)."""

    field: str
    rule: str  # stable, for programs: pydantic's error type, or one of this package
    message: str  # for people


def problems_of(error: ValidationError, within: str = "") -> list[Problem]:
    """Each error as a Problem, its field below the path `within`."""
    return [
        Problem(_field(within, found["loc"], found["type"]), found["type"], found["msg"])
        for found in error.errors(include_url=False, include_input=False, include_context=False)
    ]


def invalid(problems: Iterable[Problem]) -> WeftError:
    """WeftError invalid_message with `errors` [{field, rule, message}], the first few of them."""
    found = list(problems)
    shown = found[:PROBLEMS_MAX_PER_ANSWER]
    first = shown[0]
    return WeftError(
        "invalid_message",
        f"{first.field or 'The value'}: {first.message}",
        errors=[problem._asdict() for problem in shown],
        errorsTotal=len(found),
    )


def _field(within: str, location: tuple[int | str, ...], rule: str) -> str:
    parts = [_named(part) for part in location]
    if rule == "extra_forbidden":  # a name of the client's own: shown as it came
        parts[-1] = str(location[-1])
    path = ".".join([within, *parts] if within else parts)
    shown = path[:_FIELD_MAX_CHARACTERS]
    return "".join(letter if letter.isprintable() else "?" for letter in shown)


def _named(part: int | str) -> str:
    """A field that came under its name inside is told under its name on the wire."""
    return to_camel(part) if isinstance(part, str) and "_" in part else str(part)
