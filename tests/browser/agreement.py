"""Law 4 on the screen: what all see is one thing, and that is what the database holds."""

import asyncio
from typing import Any

from tests.browser.people import Person, Stage, plain, until
from tests.cluster.world import weft_command

SEEN = """
() => {
  // Without what Quill keeps for a caret whose next letter is to be bold, which is no content.
  const shown = (line) => {
    const copy = line.cloneNode(true);
    for (const caret of copy.querySelectorAll(".ql-cursor, br")) caret.remove();
    for (const mark of [...copy.querySelectorAll("*")].reverse()) {
      if (mark.childNodes.length === 0) mark.remove();
    }
    return copy.outerHTML;
  };
  const grid = document.querySelector(".grid").getBoundingClientRect();
  return [...document.querySelectorAll("[data-widget]")].map((widget) => {
    const box = widget.getBoundingClientRect();
    const place = [box.x - grid.x, box.y - grid.y, box.width, box.height].map(Math.round);
    const lines = [...widget.querySelectorAll(".ql-editor > *")].map(shown);
    const cells = [...widget.querySelectorAll("tbody tr")].map((row) =>
      [...row.querySelectorAll("input")].map(({ value }) => value));
    return [widget.dataset.widget, place, lines, cells];
  }).sort();
}
"""


async def same_text(stage: Stage, widget_id: str, *people: Person) -> str:
    """The text that all see when all is saved, which is that in the database."""
    for person in people:
        await person.saved()

    async def agreed() -> bool:
        stored = plain((await stage.widget_in_database(widget_id))["config"]["text"])
        return {await person.text(widget_id) for person in people} == {stored.removesuffix("\n")}

    await until(agreed, "all see what is in the database")
    return await people[0].text(widget_id)


async def same_screen(stage: Stage, *people: Person) -> list[Any]:
    """Every widget's place, text and cells, which all see alike, of the widgets in the database."""
    seen: list[list[Any]] = []

    async def agreed() -> bool:
        seen[:] = [await person.page.evaluate(SEEN) for person in people]
        stored = sorted(widget["id"] for widget in (await stage.state())["widgets"])
        return all(each == seen[0] for each in seen) and stored == [each[0] for each in seen[0]]

    try:
        await until(agreed, "all see the same widgets")
    except AssertionError as fault:
        apart = [pair for pair in zip(*seen, strict=False) if any(e != pair[0] for e in pair)]
        raise AssertionError(f"{fault}; the first that differ: {apart[:1]}") from None
    return seen[0]


async def verified(stage: Stage) -> None:
    """Replaying the log gives what checkpoints and rows hold, by `weft verify`."""
    where = ["--data-dir", str(stage.system.data_dir)]
    check = ["verify", "--dashboard", str(stage.dashboard_id)]
    code, found = await asyncio.to_thread(weft_command, *check, *where)
    assert (code, found["ok"]) == (0, True), found
