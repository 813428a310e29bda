"""The SQL of Weft is text of its own: `storage/sql/*.sql`, each statement under its name."""

import re
from functools import cache
from importlib.resources import files
from typing import Final

_NAME: Final = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


@cache
def statements(file: str) -> dict[str, str]:
    """The statements of one file, by name; the comments that open each are kept."""
    return named(files("storage").joinpath("sql", f"{file}.sql").read_text(encoding="utf-8"))


def named(text: str) -> dict[str, str]:
    """Each statement that a line `-- name: x` begins."""
    _, *parts = _NAME.split(text)
    return {
        name: body.strip().removesuffix(";")
        for name, body in zip(parts[::2], parts[1::2], strict=True)
    }
