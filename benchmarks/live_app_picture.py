"""Makes docs/images/live-app.png: two people on a dashboard of the demo, as a browser shows it.

`python -m benchmarks.live_app_picture [http://127.0.0.1:8766]`, beside a `make run`.
"""

import asyncio
import sys
from pathlib import Path
from typing import Final

from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from tests.browser.chromium import FLAGS, find_chromium

PICTURE: Final = Path(__file__).parents[1] / "docs" / "images" / "live-app.png"
TITLE: Final = "Aurora, week 47"
WINDOW: Final[ViewportSize] = {"width": 1280, "height": 800}
FED_MS: Final = 15_000  # until the live chart is full


async def enter(browser: Browser, url: str, name: str) -> Page:
    page = await browser.new_page(viewport=WINDOW)
    await page.goto(url)
    await page.get_by_role("button", name=name).click()
    await page.locator(".card", has_text=TITLE).first.click()
    await page.locator(".ql-editor").first.wait_for()
    return page


async def take(url: str) -> None:
    async with async_playwright() as playwright:
        path = find_chromium()
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        ann = await enter(browser, url, "Ann Abara")
        ben = await enter(browser, url, "Ben Okafor")
        chloe = await enter(browser, url, "Chloé Martin")
        await ann.wait_for_timeout(FED_MS)
        await chloe.get_by_label("Note, row 3").focus()
        await ben.locator(".ql-editor").first.click()
        await ben.keyboard.press("Control+Home")
        for _ in range(4):
            await ben.keyboard.press("Shift+ArrowRight")
        await ann.wait_for_timeout(1_000)
        PICTURE.parent.mkdir(exist_ok=True)
        await ann.screenshot(path=PICTURE)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(take(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8766"))
