"""What a page shows as code, block by block; and of each, what is to be done with it.

The first words of a fence say it, where GitHub shows none of them:

    ```python            run, in the order of the page
    ```python bot.py     written to that file, for what follows
    ```html page.html    the same, and opened in a browser
    ```text              what the block before must have shown; … stands for anything
    ```sh not run: why   left alone, but for the grammar of `weft`

Pure.
"""

import re
from dataclasses import dataclass
from textwrap import dedent
from typing import Final

NOT_RUN: Final = "not run: "
RUN: Final = frozenset({"html", "js", "python", "sh"})
READ: Final = frozenset({"json", "sql", "text", "toml"})  # checked, as there is nothing to run
_FENCE: Final = re.compile(r"^( *)```(.*)$")


@dataclass(frozen=True, slots=True)
class Block:
    language: str
    name: str  # of the file; "": none
    reason: str  # why it is not run; "": it is
    text: str
    line: int  # of its first fence


def blocks_of(page: str) -> list[Block]:
    """Raises ValueError for a fence that is not closed, or does not say what it is."""
    found = []
    opened: tuple[int, str] | None = None
    held: list[str] = []
    for number, line in enumerate(page.splitlines(), 1):
        fence = _FENCE.match(line)
        if opened is None:
            if fence:
                opened, held = (number, fence[2]), []
        elif fence and fence[2] == "":
            found.append(_block(*opened, dedent("\n".join(held)) + "\n"))
            opened = None
        else:
            held.append(line)
    if opened is not None:
        raise ValueError(f"line {opened[0]}: the fence is not closed")
    return found


def _block(line: int, said: str, text: str) -> Block:
    language, _, rest = said.partition(" ")
    if rest.startswith(NOT_RUN) and rest != NOT_RUN:
        return Block(language, "", rest.removeprefix(NOT_RUN), text, line)
    if language not in RUN | READ or not re.fullmatch(r"[\w.-]*", rest):
        raise ValueError(f"line {line}: ```{said} says neither how it is run nor why it is not")
    if language == "html" and not rest:
        raise ValueError(f"line {line}: a page has a name")
    return Block(language, rest, "", text, line)


def promises(shown: str, promised: str) -> bool:
    """Whether what was shown is what the page promises."""
    pattern = ".*?".join(map(re.escape, promised.strip().split("…")))
    return re.fullmatch(pattern, shown.strip(), re.DOTALL) is not None
