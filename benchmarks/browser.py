"""How fast a browser opens a large dashboard, and how it bears typing among others.

Chromium on this machine, beside the server. A page is open when every widget is there and those in
the window show their content; its files are in the browser's cache, as on a second visit. A key
costs what the page works from the key to the end of the frame that shows it, alone and while
twenty others type into the same texts.
"""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from statistics import median
from uuid import UUID, uuid4

from playwright.async_api import Page, async_playwright

from benchmarks.cluster import System, running_system
from cluster import demo
from tests.browser.chromium import FLAGS, find_chromium
from weft.client.admin import AdminClient
from weft.models import SessionCreate, User, UserCreate
from weft.wire.http import CollaboratorOrder, DashboardOrder

WIDGETS = 200
COMPANY = 20
ROUNDS = 7
KEYS = 100
GOAL_OPEN_MS = 500
GOAL_KEY_MS = 16

_OPENED = """
(count) => new Promise((resolve) => {
  const isDone = (widget) => {
    const { top, bottom } = widget.getBoundingClientRect();
    if (top > innerHeight || bottom < 0) return true;
    const content = ".ql-editor p, .ql-editor h2, .ql-editor h1, canvas[width], tbody tr, pre";
    return widget.querySelector(content) !== null;
  };
  const look = () => {
    const widgets = [...document.querySelectorAll("[data-widget]")];
    if (widgets.length === count && widgets.every(isDone)) resolve(performance.now());
    else requestAnimationFrame(look);
  };
  look();
})
"""
_KEYS = """
() => {
  window.keyCosts = [];
  const begin = () => {
    const before = performance.now();
    const channel = new MessageChannel();
    requestAnimationFrame(() => {
      channel.port1.onmessage = () => window.keyCosts.push(performance.now() - before);
      channel.port2.postMessage(null);
    });
  };
  addEventListener("keydown", begin, { capture: true });
}
"""


@dataclass(frozen=True)
class Prepared:
    dashboard_id: UUID
    token: str  # of the owner, who sits at the browser
    text_ids: list[str]  # of the texts, the first in the window first
    company: list[str]  # tokens


async def prepare(system: System) -> Prepared:
    async with AdminClient(system.ready["http"], system.ready["admin_key"]) as admin:
        user, token = await _person(admin)
        others = [await _person(admin) for _ in range(COMPANY)]
        patterns = [
            widget.model_dump(by_alias=True, exclude_none=True, exclude={"id"})
            for order in demo.dashboards(user.id)
            for widget in order.widgets
        ]
        widgets = []
        for number in range(WIDGETS):
            place = {"x": number % 3 * 4, "y": number // 3 * 6, "width": 4, "height": 6}
            widgets.append({**patterns[number % len(patterns)], "position": place})
        order = {"ownerId": str(user.id), "title": "Two hundred", "widgets": widgets}
        made = await admin.dashboards.create(DashboardOrder.from_wire(order))
        for other, _ in others:
            share = CollaboratorOrder(user_id=other.id, role="editor", is_accepted=True)
            await admin.collaborators.invite(made.id, share)
        read = await admin.dashboards.read(made.id)
    texts = [widget for widget in read.widgets if widget.type == "text" and not widget.is_locked]
    texts.sort(key=lambda widget: (widget.position.y, widget.position.x))
    ids = [str(widget.id) for widget in texts]
    return Prepared(made.id, token, ids, [other_token for _, other_token in others])


async def _person(admin: AdminClient) -> tuple[User, str]:
    name = f"browser-{uuid4().hex[:12]}"
    user = await admin.users.create(UserCreate(email=f"{name}@example.org", username=name))
    return user, (await admin.sessions.open(SessionCreate(user_id=user.id))).token


@asynccontextmanager
async def company(system: System, prepared: Prepared) -> AsyncIterator[None]:
    """Twenty others type, ten texts near the window between them, while the context lasts."""
    order = {
        "url": system.ready["ws"],
        "dashboardId": str(prepared.dashboard_id),
        "widgetIds": prepared.text_ids[:10],
        "tokens": prepared.company,
    }
    command = [sys.executable, "-m", "benchmarks.browser_company"]
    process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        process.stdin.write(json.dumps(order).encode() + b"\n")
        await process.stdin.drain()
        if await process.stdout.readline() != b"ready\n":
            raise RuntimeError("the company has not joined")
        yield
    finally:
        process.terminate()
        await process.wait()


async def measure_opening(page: Page, url: str) -> list[float]:
    times = []
    for _ in range(ROUNDS):
        await page.goto(url.rpartition("/d/")[0] + "/about")
        await page.goto(url, wait_until="commit")
        times.append(await page.evaluate(_OPENED, WIDGETS))
    return times


async def measure_keys(page: Page) -> list[float]:
    await page.locator(".ql-editor").first.click()
    await page.evaluate("window.keyCosts ? (window.keyCosts = []) : (" + _KEYS + ")()")
    await page.keyboard.type("x" * KEYS, delay=30)
    found: list[float] = await page.evaluate("() => window.keyCosts")
    return sorted(found)


async def run(system: System) -> None:
    path = find_chromium()
    if path is None:
        print("no Chromium here: see `make browser`")
        return
    prepared = await prepare(system)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        context = await browser.new_context(viewport={"width": 1360, "height": 860})
        page = await context.new_page()
        await page.goto(f"{system.ready['http']}/#token={prepared.token}")
        await page.locator(".home").wait_for()
        url = f"{system.ready['http']}/d/{prepared.dashboard_id}"
        await measure_opening(page, url)  # warms server and caches
        times = await measure_opening(page, url)
        print(
            f"opening {WIDGETS} widgets: p50 {median(times):.0f} ms, "
            f"worst of {ROUNDS} {max(times):.0f} ms (goal {GOAL_OPEN_MS})"
        )
        tell_keys("alone", await measure_keys(page))
        async with company(system, prepared):
            await page.locator(".caret").first.wait_for()
            tell_keys(f"with {COMPANY} others who type", await measure_keys(page))
        await browser.close()


def tell_keys(when: str, keys: list[float]) -> None:
    print(
        f"a key among {WIDGETS} widgets, {when}, to the end of its frame: "
        f"p50 {median(keys):.1f} ms, p95 {keys[int(len(keys) * 0.95)]:.1f} ms (goal {GOAL_KEY_MS})"
    )


def main() -> None:
    with running_system() as system:
        asyncio.run(run(system))


if __name__ == "__main__":
    main()
