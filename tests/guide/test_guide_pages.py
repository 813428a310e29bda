"""The guide leads through in order, links lead somewhere, and no block of code is overlooked."""

import re
from pathlib import Path

import pytest

from cluster.command_line import grammar
from tests.guide.fences import READ, RUN, Block, blocks_of, promises
from tests.guide.reader import GUIDE, PAGES, ROOT

INDEX = GUIDE / "README.md"
WITH_LINKS = [*ROOT.glob("*.md"), *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path) -> list[Block]:
    return blocks_of(page.read_text())


def anchors(path: Path) -> set[str]:
    heads = re.findall(r"^#+ (.+)$", path.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


def test_the_index_names_each_page_once_and_in_order() -> None:
    listed = re.findall(r"^(\d+)\. \[[^]]+\]\(([\w-]+\.md)\)", INDEX.read_text(), re.MULTILINE)
    assert [int(number) for number, _ in listed] == list(range(1, len(listed) + 1))
    names = [name for _, name in listed]
    assert sorted([*names, INDEX.name]) == [page.name for page in PAGES[1:]]


@pytest.mark.parametrize("page", WITH_LINKS, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        where, _, anchor = target.partition("#")
        if "://" in where:
            continue
        path = (page.parent / where).resolve() if where else page
        assert path.exists(), target
        assert not anchor or anchor in anchors(path), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_no_block_is_overlooked(page: Path) -> None:
    """Each fence is one of a block that is run, or read, or says why it is not."""
    found = blocks(page)
    fences = [line for line in page.read_text().splitlines() if line.lstrip().startswith("```")]
    assert 2 * len(found) == len(fences)
    for block in found:
        assert block.reason or block.language in RUN | READ, block.line


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_are_not_run_are_at_least_known(page: Path) -> None:
    for block in blocks(page):
        if block.reason and block.language == "sh":
            text = block.text.replace("\\\n", " ")
            for words in re.findall(r"^(?:[A-Z_]+=\S* )*weft ([^#>|\n]*)", text, re.MULTILINE):
                grammar().parse_args(words.split())


@pytest.mark.parametrize("line", ["```", "```python not run: ", "```ruby", "```html", "```sh a b"])
def test_a_fence_that_says_too_little_is_refused(line: str) -> None:
    with pytest.raises(ValueError, match="line 1"):
        blocks_of(f"{line}\nx\n```\n")
    with pytest.raises(ValueError, match="not closed"):
        blocks_of("text\n```sh\nls\n")


def test_what_is_promised_is_compared_as_a_whole() -> None:
    assert promises("Hello at version 2\n", "Hello at version …")
    assert not promises("Hello, at version 2", "Hello at version …")
    assert not promises("a\nb", "a")
    assert not promises("", "Hello")
