"""The live app inside a product's own page: who its user is comes from there, and only there.

That the settings become the page's policy is proven in tests/gateway/test_http_app.py.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from playwright.async_api import Browser, expect

from tests.browser.framing import allow
from tests.browser.people import PATIENCE_MS, Person, Stage

pytestmark = pytest.mark.cluster
expect.set_options(timeout=PATIENCE_MS)

PLACE = {"x": 0, "y": 0, "width": 4, "height": 4}
NOTE = {"type": "text", "title": "Note", "position": PLACE, "config": {"text": "a note"}}
HOST_PAGE = """
<script>
  window.asked = 0;
  window.tokens = %s;
  addEventListener("message", ({data, source, origin}) => {
    if (origin !== "%s" || data.type !== "weft:token-wanted") return;
    window.asked += 1;
    const token = window.tokens.length > 1 ? window.tokens.shift() : window.tokens[0];
    if (token) source.postMessage({type: "weft:token", token}, origin);
  });
</script>
<iframe src="%s" width="1100" height="700"></iframe>
"""


@asynccontextmanager
async def product_page(body: str) -> AsyncIterator[str]:
    """The origin of a server that answers everything with this page; no two are the same."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = f"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {len(body)}"
        writer.write(f"{head}\r\nConnection: close\r\n\r\n{body}".encode())
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://localhost:{server.sockets[0].getsockname()[1]}"


def host_page(stage: Stage, *tokens: str) -> str:
    url = stage.system.ready["http"]
    return HOST_PAGE % (json.dumps(tokens), url, f"{url}/d/{stage.dashboard_id}")


async def visitor(stage: Stage, browser: Browser) -> Person:
    context = await browser.new_context()
    person = Person(context, await context.new_page(), stage.system.ready["http"])
    stage.people.append(person)
    return person


async def test_law6_the_product_around_it_says_who_its_user_is(
    stage: Stage, browser: Browser
) -> None:
    [note] = await stage.prepare(NOTE)
    ann = await visitor(stage, browser)
    async with product_page(host_page(stage, stage.token)) as product:
        await allow(ann.page, ann.url, product)
        await ann.page.goto(product)
        frame = ann.page.frame_locator("iframe")
        await frame.locator(".ql-editor").click()
        await ann.page.keyboard.type("!")
        await expect(frame.locator(".ql-editor")).to_contain_text("!")
        await frame.locator('.saved[data-state="saved"]').wait_for()
    assert "!" in str((await stage.widget_in_database(note))["config"]["text"])


async def test_law6_a_token_that_has_ended_is_followed_by_the_products_next(
    stage: Stage, browser: Browser
) -> None:
    await stage.prepare(NOTE)
    ann = await visitor(stage, browser)
    async with product_page(host_page(stage, "ended long ago", stage.token)) as product:
        await allow(ann.page, ann.url, product)
        await ann.page.goto(product)
        await ann.page.frame_locator("iframe").locator("[data-widget]").wait_for()
    assert await ann.page.evaluate("window.asked") >= 2


async def test_law6_another_origins_token_is_not_believed(stage: Stage, browser: Browser) -> None:
    await stage.prepare(NOTE)
    ann = await visitor(stage, browser)
    async with product_page(host_page(stage, stage.token)) as other:
        await allow(ann.page, ann.url, other, believed="https://product.example")
        await ann.page.goto(other)
        await ann.page.wait_for_function("window.asked >= 3")  # it was answered, and asks on
    assert await ann.page.frame_locator("iframe").locator("[data-widget]").count() == 0


async def test_law7_by_default_no_page_shows_it_in_a_frame(stage: Stage, browser: Browser) -> None:
    await stage.prepare(NOTE)
    ann = await visitor(stage, browser)
    refused: list[str] = []
    ann.page.on("console", lambda message: refused.append(message.text))
    async with product_page(host_page(stage, stage.token)) as product:
        await ann.page.goto(product)
    assert await ann.page.frame_locator("iframe").locator("#app").count() == 0
    assert any("frame-ancestors" in each or "X-Frame-Options" in each for each in refused)
