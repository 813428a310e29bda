"""The examples do what they are there to show: a page without a build, React, and a bot."""

import asyncio
import re
import shutil
import sys
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.async_api import expect

import weft
from tests.browser.people import PATIENCE_MS, Person, Stage
from tests.browser.served import served
from tests.cluster.world import PATIENCE_SECONDS
from tests.web.node_command import WEB, run

pytestmark = pytest.mark.cluster
expect.set_options(timeout=PATIENCE_MS)

EXAMPLES = Path(__file__).parents[2] / "examples"
BUNDLE = """
import { build } from "esbuild";
await build({
  entryPoints: ["app.tsx"], outfile: "app.js", bundle: true, format: "esm", jsx: "automatic",
  conditions: ["weft-source"], define: { "process.env.NODE_ENV": '"development"' },
});
"""


async def visit(stage: Stage, address: str, **given: str) -> Person:
    """Somebody in a browser, at that page."""
    context = await stage.browser.new_context()
    context.set_default_timeout(PATIENCE_MS)
    person = Person(context, await context.new_page(), address, stage.token)
    person.watch()
    stage.people.append(person)
    order = {"token": stage.token, "dashboard": str(stage.dashboard_id), **given}
    await person.page.goto(f"{address}/#{urlencode(order)}")
    return person


async def two_write_a_note(stage: Stage, address: str, **given: str) -> None:
    ann, ben = [await visit(stage, address, **given) for _ in range(2)]
    await ann.page.get_by_role("button", name="Add a note").click()
    for person in (ann, ben):
        await expect(person.page.locator("textarea")).to_have_count(1)
    note, other = ann.page.locator("textarea"), ben.page.locator("textarea")
    await note.press_sequentially("hello")
    await expect(other).to_have_value("hello")
    await other.press("Control+Home")
    await other.press_sequentially("oh, 🙂 ")
    await expect(note).to_have_value("oh, 🙂 hello")
    await note.press_sequentially("!")  # its caret is still where it was
    for field in (note, other):
        await expect(field).to_have_value("oh, 🙂 hello!")
    for person in (ann, ben):
        await expect(person.page.locator("output")).to_contain_text("saved")
    [widget] = (await stage.state())["widgets"]
    assert widget["config"]["text"] == "oh, 🙂 hello!"


async def test_the_page_without_a_build_is_short_and_edits_with_others(
    stage: Stage, tmp_path: Path
) -> None:
    text = (EXAMPLES / "page" / "index.html").read_text()
    assert len(text.splitlines()) <= 30
    for shown, real in (("http://127.0.0.1:8766", "http"), ("ws://127.0.0.1:8765", "ws")):
        assert shown in text
        text = text.replace(shown, stage.system.ready[real])
    (tmp_path / "index.html").write_text(text)
    await stage.prepare()
    with served(tmp_path) as url:
        await two_write_a_note(stage, url)


@pytest.fixture
def react(tmp_path: Path) -> Path:
    """The example as it is in a folder of somebody who has installed what it needs."""
    copy = shutil.copytree(EXAMPLES / "react", tmp_path / "react")
    (copy / "node_modules").symlink_to(WEB / "node_modules")
    return copy


def test_the_react_example_is_typed(react: Path) -> None:
    compiler = WEB / "node_modules" / "typescript" / "bin" / "tsc"
    ours = ["--customConditions", "weft-source", "--allowImportingTsExtensions"]
    ours += ["--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess"]  # as our sources are
    run(compiler, "--project", "tsconfig.json", *ours, cwd=react)


async def test_react_draws_what_several_people_write(stage: Stage, react: Path) -> None:
    await asyncio.to_thread(run, "--input-type=module", "--eval", BUNDLE, cwd=react)
    await stage.prepare()
    with served(react) as url:
        await two_write_a_note(stage, url, url=stage.system.ready["ws"])
        ann = stage.people[0].page
        await expect(ann.get_by_text("1 others are here")).to_be_visible()
        await stage.people[1].context.close()
        await expect(ann.get_by_text("0 others are here")).to_be_visible()


async def test_the_bot_feeds_a_chart_that_people_see(stage: Stage) -> None:
    await stage.prepare()
    ann = await stage.owner()
    bot = [str(EXAMPLES / "bot" / "bot.py"), stage.system.ready["ws"], stage.token]
    process = await asyncio.create_subprocess_exec(
        sys.executable, *bot, str(stage.dashboard_id), "3"
    )
    async with asyncio.timeout(PATIENCE_SECONDS):
        assert await process.wait() == 0
    title = ann.page.get_by_text("Load of the bot").or_(
        ann.page.get_by_label("Title of the widget")
    )
    await expect(title.first).to_be_visible()
    await expect(ann.page.locator("canvas")).to_have_attribute("aria-label", re.compile("CPU %, "))
    async with weft.connect(stage.system.ready["ws"], stage.token) as client:
        board = await client.join(stage.dashboard_id)
        [live] = board.live.values()
        assert live.value is not None
        assert len(live.value["series"][0]["values"]) == 3
