"""How fast a browser opens a large dashboard, and how it bears typing among others.

Chromium on this machine, beside the server. A page is open when every widget is there and those in
the window show their content; its files are in the browser's cache, as on a second visit. A key
costs what the page works from the key to the next frame.
"""

import asyncio
from statistics import median
from typing import Any
from uuid import UUID

from playwright.async_api import Page, async_playwright

from benchmarks.cluster import System, running_system
from cluster import demo
from tests.browser.chromium import FLAGS, find_chromium
from weft.client.admin import AdminClient
from weft.models import SessionCreate, UserCreate
from weft.wire.http import DashboardOrder

WIDGETS = 200
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


async def prepare(system: System) -> tuple[UUID, str, dict[str, Any]]:
    async with AdminClient(system.ready["http"], system.ready["admin_key"]) as admin:
        user = await admin.users.create(UserCreate(email="b@example.org", username="b"))
        token = (await admin.sessions.open(SessionCreate(user_id=user.id))).token
        patterns = [
            widget.model_dump(by_alias=True, exclude_none=True)
            for order in demo.dashboards(user.id)
            for widget in order.widgets
        ]
        widgets = []
        for number in range(WIDGETS):
            place = {"x": number % 3 * 4, "y": number // 3 * 6, "width": 4, "height": 6}
            widgets.append({**patterns[number % len(patterns)], "position": place})
        order = {"ownerId": str(user.id), "title": "Two hundred", "widgets": widgets}
        made = await admin.dashboards.create(DashboardOrder.from_wire(order))
    return made.id, token, patterns[0]


async def measure_opening(page: Page, url: str) -> list[float]:
    times = []
    for _ in range(ROUNDS):
        await page.goto(url.rpartition("/d/")[0] + "/about")
        await page.goto(url, wait_until="commit")
        times.append(await page.evaluate(_OPENED, WIDGETS))
    return times


async def measure_keys(page: Page) -> list[float]:
    await page.locator(".ql-editor").first.click()
    await page.evaluate(_KEYS)
    await page.keyboard.type("x" * KEYS, delay=30)
    found: list[float] = await page.evaluate("() => window.keyCosts")
    return sorted(found)


async def run(system: System) -> None:
    path = find_chromium()
    if path is None:
        print("no Chromium here: see `make browser`")
        return
    dashboard_id, token, _ = await prepare(system)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        context = await browser.new_context(viewport={"width": 1360, "height": 860})
        page = await context.new_page()
        await page.goto(f"{system.ready['http']}/#token={token}")
        await page.locator(".home").wait_for()
        url = f"{system.ready['http']}/d/{dashboard_id}"
        await measure_opening(page, url)  # warms server and caches
        times = await measure_opening(page, url)
        print(
            f"opening {WIDGETS} widgets: p50 {median(times):.0f} ms, "
            f"worst of {ROUNDS} {max(times):.0f} ms (goal {GOAL_OPEN_MS})"
        )
        keys = await measure_keys(page)
        print(
            f"a key among {WIDGETS} widgets, to its frame: p50 {median(keys):.1f} ms, "
            f"p95 {keys[int(len(keys) * 0.95)]:.1f} ms (goal {GOAL_KEY_MS})"
        )
        await browser.close()


def main() -> None:
    with running_system() as system:
        asyncio.run(run(system))


if __name__ == "__main__":
    main()
