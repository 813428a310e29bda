"""People with a browser each: what they do as people do it, and what they see."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Locator,
    Page,
    WebSocketRoute,
)

from tests.cluster.world import PATIENCE_SECONDS, RunningSystem
from weft.client.admin import AdminClient
from weft.models import WidgetCreate
from weft.wire.http import CollaboratorOrder, DashboardOrder

PATIENCE_MS = PATIENCE_SECONDS * 1000
LOOK_EVERY_SECONDS = 0.05
IGNORED = ("net::ERR_INTERNET_DISCONNECTED", "ERR_CONNECTION_REFUSED")  # of who is offline


@dataclass
class Person:
    """One browser context, signed in, with one page."""

    context: BrowserContext
    page: Page
    url: str
    token: str = ""
    user_id: UUID | None = None  # of who was let in, and may be sent away
    faults: list[str] = field(default_factory=list)

    def watch(self) -> None:
        def console(message: ConsoleMessage) -> None:
            if message.type in ("error", "warning") and not any(
                each in message.text for each in IGNORED
            ):
                self.faults.append(f"{message.type}: {message.text}")

        self.page.on("console", console)
        self.page.on("pageerror", lambda error: self.faults.append(f"thrown: {error}"))

    async def sign_in(self) -> None:
        await self.page.goto(f"{self.url}/#token={self.token}")
        await self.page.locator(".home").wait_for()

    async def open(self, dashboard_id: UUID) -> None:
        await self.page.goto(f"{self.url}/d/{dashboard_id}")
        await self.page.locator(".top").wait_for()

    async def new_tab(self, dashboard_id: UUID) -> None:
        """Goes on in it; the tab from before stays as it is."""
        self.page = await self.context.new_page()
        self.watch()
        await self.sign_in()
        await self.open(dashboard_id)

    def widget(self, widget_id: str) -> Locator:
        return self.page.locator(f'[data-widget="{widget_id}"]')

    def widget_called(self, title: str) -> Locator:
        return self.page.locator(f'[data-widget][aria-label*=": {title}"]')

    def editor(self, widget_id: str) -> Locator:
        return self.widget(widget_id).locator(".ql-editor")

    async def text(self, widget_id: str) -> str:
        """What the text shows, line by line."""
        lines = await self.editor(widget_id).locator("> *").all_inner_texts()
        return "\n".join(line.replace("\ufeff", "").rstrip("\n") for line in lines)

    async def place_cursor(self, widget_id: str, at: str = "End") -> None:
        await self.editor(widget_id).click()
        await self.page.keyboard.press(f"Control+{at}")

    async def state(self) -> str | None:
        return await self.page.locator(".saved").get_attribute("data-state")

    async def saved(self) -> None:
        await self.page.locator('.saved[data-state="saved"]').wait_for(timeout=PATIENCE_MS)

    async def cells(self, widget_id: str) -> list[list[str]]:
        rows = await self.widget(widget_id).locator("tbody tr").all()
        return [
            [await cell.input_value() for cell in await row.locator("input").all()] for row in rows
        ]

    async def box(self, widget_id: str) -> dict[str, float]:
        found = await self.widget(widget_id).bounding_box()
        assert found is not None
        return dict(found)


class Valve:
    """Holds back what the server says to one page, while it is shut."""

    def __init__(self) -> None:
        self.is_shut = False
        self._held: list[tuple[WebSocketRoute, str | bytes]] = []

    async def install(self, page: Page) -> None:
        await page.route_web_socket(re.compile(".*"), self._connect)

    def open(self) -> None:
        self.is_shut = False
        for page, message in self._held:
            page.send(message)
        self._held.clear()

    def _connect(self, page: WebSocketRoute) -> None:
        def pass_on(message: str | bytes) -> None:
            if self.is_shut:
                self._held.append((page, message))
            else:
                page.send(message)

        page.connect_to_server().on_message(pass_on)


class Stage:
    """A dashboard of its own, and who comes to it."""

    def __init__(self, system: RunningSystem, browser: Browser) -> None:
        self.system = system
        self.browser = browser
        self.people: list[Person] = []
        self.dashboard_id = UUID(int=0)
        self._owner_id = UUID(int=0)
        self.token = ""

    async def prepare(self, *widgets: dict[str, Any], title: str = "Stage") -> list[str]:
        """The ids of these widgets, on a new dashboard."""
        self._owner_id, self.token = await self.system.new_user("owner")
        async with AdminClient(self.system.ready["http"], self.token) as owner:
            order = DashboardOrder(title=title)
            self.dashboard_id = (await owner.dashboards.create(order)).id
            made = [
                await owner.widgets.add(self.dashboard_id, WidgetCreate.from_wire(widget))
                for widget in widgets
            ]
        return [str(widget.id) for widget in made]

    async def owner(self) -> Person:
        return await self.enter(self.token)

    async def another(self, role: str = "editor") -> Person:
        user_id, token = await self.system.new_user(role)
        order = {"userId": str(user_id), "role": role, "isAccepted": True}
        async with self.system.admin() as admin:
            await admin.collaborators.invite(self.dashboard_id, CollaboratorOrder.from_wire(order))
        person = await self.enter(token)
        person.user_id = user_id
        return person

    async def enter(self, token: str, **options: Any) -> Person:
        person = await self.enter_quietly(token, **options)
        await person.open(self.dashboard_id)
        return person

    async def enter_quietly(self, token: str, **options: Any) -> Person:
        """Signed in, and at the list."""
        context = await self.browser.new_context(reduced_motion="reduce", **options)
        context.set_default_timeout(PATIENCE_MS)
        page = await context.new_page()
        person = Person(context, page, self.system.ready["http"], token)
        person.watch()
        self.people.append(person)
        await person.sign_in()
        return person

    async def enter_demo(self, name: str, title: str) -> Person:
        """As one of the demo's people, on one of its dashboards."""
        context = await self.browser.new_context(reduced_motion="reduce")
        context.set_default_timeout(PATIENCE_MS)
        person = Person(context, await context.new_page(), self.system.ready["http"])
        person.watch()
        self.people.append(person)
        await person.page.goto(person.url)
        await person.page.get_by_role("button", name=name).click()
        await person.page.locator(".card", has_text=title).first.click()
        await person.page.locator("[data-widget]").first.wait_for()
        return person

    async def state(self) -> dict[str, Any]:
        """The content as the server has it: the owner's state, or what is durable."""
        async with self.system.admin() as admin:
            read = await admin.dashboards.read(self.dashboard_id)
        return read.to_wire()

    async def widget_in_database(self, widget_id: str) -> dict[str, Any]:
        [found] = [each for each in (await self.state())["widgets"] if each["id"] == widget_id]
        return dict(found)

    async def leave(self) -> None:
        for person in self.people:
            await person.context.close()  # again, for who has left before: nothing happens


async def until(look: Callable[[], Awaitable[bool]], what: str) -> None:
    """Look again and again until it is so; what others' pages show sends no signal here."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not await look():  # noqa: ASYNC110
                await asyncio.sleep(LOOK_EVERY_SECONDS)
    except TimeoutError:
        raise AssertionError(f"it has not come to be that {what}") from None


def plain(rich: Any) -> str:
    """The text of a Delta."""
    return "".join(op["insert"] for op in rich["ops"])
