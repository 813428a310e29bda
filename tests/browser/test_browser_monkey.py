"""Law 4 on the screen, at random: two people do whatever can be done, and end with one screen.

`WEFT_MONKEYS=20` tries so many seeds more. One that fails is to be kept: add it to SEEDS.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from random import Random

import pytest
from playwright.async_api import Error, Locator

from tests.browser.agreement import same_screen, verified
from tests.browser.people import Person, Stage, until

pytestmark = pytest.mark.cluster

SEEDS = (7, *range(100, 100 + int(os.environ.get("WEFT_MONKEYS", "0"))))
STEPS = 50  # of each person
ACTION_MAX_MS = 1_000  # what cannot be done by then, as somebody has removed it, is not done
VIEWPORT = {"width": 1280, "height": 2400}  # all widgets are near, so that all is shown
SHORT = ("a", "B ", "🙂", "e\u0301", "漢", "\n")
KEYS = ("Backspace", "Delete", "Control+b", "Control+Home", "Control+End", "ArrowLeft", "Enter")


def widget(kind: str, x: int, **content: object) -> dict[str, object]:
    return {"type": kind, "position": {"x": x, "y": 0, "width": 6, "height": 5}, **content}


NOTE = widget("text", 0, config={"text": {"ops": [{"insert": "Start 🙂\n"}]}})
TABLE = widget(
    "table",
    6,
    config={"columns": [{"key": "a", "title": "A"}, {"key": "b", "title": "B"}]},
    data={"rows": [{"a": "one", "b": 1}, {"a": "two", "b": 2}]},
)


class Monkey:
    def __init__(self, person: Person, seed: int) -> None:
        self._person = person
        self._chance = Random(seed)
        self._is_offline = False
        self._ways: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (40, self._type),
            (15, self._press),
            (10, self._undo),
            (12, self._arrange),
            (12, self._fill_cell),
            (6, self._change_rows),
            (4, self._add),
            (3, self._remove),
            (4, self._leave_and_return),
        ]

    async def run(self) -> None:
        weights, ways = zip(*self._ways, strict=True)
        for way in self._chance.choices(ways, weights, k=STEPS):
            try:
                await way()
            except Error as gone:
                assert "Timeout" in str(gone), gone
        if self._is_offline:
            await self._leave_and_return()
        # what is typed into a cell is nobody's until it is left
        await self._person.page.evaluate("document.activeElement?.blur()")

    async def _one_of(self, selector: str) -> Locator | None:
        found = await self._person.page.locator(selector).all()
        return self._chance.choice(found) if found else None

    async def _type(self) -> None:
        editor = await self._one_of(".ql-editor")
        if editor is not None:
            await editor.click(timeout=ACTION_MAX_MS)
            typed = self._chance.choices(SHORT, k=self._chance.randint(1, 8))
            await self._person.page.keyboard.type("".join(typed))

    async def _press(self) -> None:
        editor = await self._one_of(".ql-editor")
        if editor is not None:
            await editor.focus(timeout=ACTION_MAX_MS)
            await self._person.page.keyboard.press(self._chance.choice(KEYS))

    async def _undo(self) -> None:
        await self._person.page.keyboard.press(
            self._chance.choice(("Control+z", "Control+z", "Control+Shift+z"))
        )

    async def _arrange(self) -> None:
        widget = await self._one_of("[data-widget]")
        if widget is not None:
            await widget.focus(timeout=ACTION_MAX_MS)
            arrow = self._chance.choice(("ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"))
            await self._person.page.keyboard.press(self._chance.choice(("", "Shift+")) + arrow)

    async def _fill_cell(self) -> None:
        cell = await self._one_of("tbody input")
        if cell is not None:
            await cell.fill(self._chance.choice(("1", "22", "x 🙂", "")), timeout=ACTION_MAX_MS)

    async def _change_rows(self) -> None:
        names = ("Add row", "Remove row 1")
        buttons = [f'button[aria-label="{name}"], button:text-is("{name}")' for name in names]
        button = await self._one_of(self._chance.choice(buttons))
        if button is not None:
            await button.click(timeout=ACTION_MAX_MS)

    async def _add(self) -> None:
        page = self._person.page
        await page.get_by_role("button", name="Add a widget").click(timeout=ACTION_MAX_MS)
        name = self._chance.choice(("Text", "Table"))
        await page.get_by_role("menuitem", name=name).click(timeout=ACTION_MAX_MS)

    async def _remove(self) -> None:
        widget = await self._one_of("[data-widget]")
        if widget is not None:
            await widget.focus(timeout=ACTION_MAX_MS)
            await self._person.page.keyboard.press("Delete")

    async def _leave_and_return(self) -> None:
        self._is_offline = not self._is_offline
        await self._person.context.set_offline(self._is_offline)


async def is_saved(person: Person) -> bool:
    """Who is told of lost edits says that it is well; more may come until all are connected."""
    dismiss = person.page.get_by_role("button", name="Dismiss").first
    if await dismiss.count() > 0:
        with suppress(Error):
            await dismiss.click(timeout=ACTION_MAX_MS)
    return await person.state() == "saved"


@pytest.mark.parametrize("seed", SEEDS)
async def test_law4_whatever_two_people_do_they_end_with_one_screen(
    stage: Stage, seed: int
) -> None:
    await stage.prepare(NOTE, TABLE)
    people = [await stage.owner(), await stage.another()]
    for person in people:
        await person.page.set_viewport_size(VIEWPORT)
    await asyncio.gather(
        *(Monkey(person, seed * 2 + number).run() for number, person in enumerate(people))
    )
    for person in people:
        await until(partial(is_saved, person), "everything is saved")
    assert await same_screen(stage, *people)
    assert (await stage.state())["version"] > STEPS / 2, "or they did nothing"
    await verified(stage)
