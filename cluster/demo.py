"""What there is to try Weft out with: four people, three dashboards, two templates. Data alone.

Ids are made of names, so that what is there is not made twice.
"""

from typing import Any, Final
from uuid import UUID, uuid5

from weft.models import TemplateCreate, UserCreate
from weft.wire.http import DashboardOrder

_NAMES: Final = UUID("7f1c2d4e-6a5b-4c3d-9e8f-0a1b2c3d4e5f")  # the namespace of these ids
PEOPLE: Final = {
    "ann": "Ann Abara",
    "ben": "Ben Okafor",
    "chloe": "Chloé Martin",
    "dev": "Dev Patel",
}
USERNAMES: Final = tuple(PEOPLE)
OWNER: Final = "ann"
ROLES: Final = {"ben": "editor", "chloe": "admin", "dev": "viewer"}  # of those who do not own it


def id_of(name: str) -> UUID:
    return uuid5(_NAMES, name)


LIVE_DASHBOARD: Final = id_of("Aurora, week 47")
LIVE_WIDGET: Final = id_of("Orders, live")  # fed while somebody looks


def users() -> list[UserCreate]:
    return [
        UserCreate(email=f"{username}@example.org", username=username, full_name=name)
        for username, name in PEOPLE.items()
    ]


def dashboards(owner_id: UUID) -> list[DashboardOrder]:
    made = {
        "Aurora, week 47": ("Orders, revenue and what we make of them.", _sales()),
        "Launch of the Loom": ("Who does what until the first of March.", _launch()),
        "Kitchen wall": ("For everyone who works on the third floor.", _wall()),
    }
    return [
        DashboardOrder.from_wire(
            {
                "id": str(id_of(title)),
                "ownerId": str(owner_id),
                "title": title,
                "description": description,
                "widgets": widgets,
            }
        )
        for title, (description, widgets) in made.items()
    ]


def templates() -> list[TemplateCreate]:
    made = {
        "Weekly figures": ("A chart, a table and room for remarks.", "Business", _sales()[1:4]),
        "Meeting notes": ("An agenda, decisions and a list of actions.", "Teams", _meeting()),
    }
    return [
        TemplateCreate.from_wire(
            {
                "name": name,
                "description": description,
                "category": category,
                "layout": [],
                "defaultWidgets": widgets,
            }
        )
        for name, (description, category, widgets) in made.items()
    ]


def _widget(kind: str, title: str | None, place: tuple[int, ...], **more: Any) -> dict[str, Any]:
    position = dict(zip(("x", "y", "width", "height"), place, strict=True))
    return {"type": kind, "title": title, "position": position, **more}


def _rich(*runs: str | tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """Canonical: what stands side by side without attributes is one."""
    ops: list[dict[str, Any]] = []
    for run in runs:
        text, attributes = (run, None) if isinstance(run, str) else run
        if attributes is not None:
            ops.append({"insert": text, "attributes": attributes})
        elif ops and "attributes" not in ops[-1]:
            ops[-1]["insert"] += text
        else:
            ops.append({"insert": text})
    return {"text": {"ops": ops}}


def _table(columns: dict[str, str], rows: list[tuple[Any, ...]]) -> dict[str, Any]:
    return {
        "config": {"columns": [{"key": key, "title": title} for key, title in columns.items()]},
        "data": {"rows": [dict(zip(columns, row, strict=True)) for row in rows]},
    }


def _chart(kind: str, labels: str, **series: list[int]) -> dict[str, Any]:
    return {
        "config": {"chartType": kind, "legend": len(series) > 1},
        "data": {
            "labels": labels.split(),
            "series": [{"name": name, "values": values} for name, values in series.items()],
        },
    }


_DAYS = "Mon Tue Wed Thu Fri Sat Sun"


def _sales() -> list[dict[str, Any]]:
    remarks = _rich(
        "This week", ("\n", {"header": 2}),
        "Orders are up ", ("18 %", {"bold": True}), " on last week, and nearly all of it came "
        "after the newsletter of Thursday.\n",
        "Ask Ben about returns", ("\n", {"list": "unchecked"}),
        "Book the photographer", ("\n", {"list": "checked"}),
        "Raise the price of the small kit?", ("\n", {"list": "unchecked"}),
    )  # fmt: skip
    columns = {"item": "Item", "sold": "Sold", "left": "In stock", "note": "Note"}
    rows: list[tuple[Any, ...]] = [
        ("Loom kit, small", 214, 38, "reorder"),
        ("Loom kit, large", 97, 61, ""),
        ("Merino, 500 g", 388, 120, ""),
        ("Linen, natural", 143, 12, "late"),
        ("Shuttle, ash", 76, 240, ""),
    ]
    orders = _chart(
        "line", _DAYS, Orders=[41, 38, 44, 52, 87, 96, 71], Before=[39, 42, 40, 45, 51, 78, 66]
    )
    revenue = _chart(
        "bar", _DAYS, Shop=[820, 760, 910, 990, 1640, 1810, 1320],
        Markets=[140, 120, 180, 160, 320, 610, 540],
    )  # fmt: skip
    revenue["config"]["stacked"] = True
    channels = _chart("doughnut", "Newsletter Search Friends Markets", Orders=[168, 121, 84, 56])
    channels["config"]["legend"] = True
    live = _chart("area", "before", Orders=[60])
    live["config"]["yAxis"] = {"min": 0}
    return [
        _widget("text", "Remarks", (0, 0, 4, 7), config=remarks),
        _widget("chart", "Orders a day", (4, 0, 4, 7), **orders),
        _widget("chart", "Revenue, €", (0, 7, 5, 7), **revenue),
        _widget("table", "Stock", (5, 7, 7, 7), **_table(columns, rows)),
        _widget("chart", "Where they come from", (0, 14, 4, 6), **channels),
        _widget(
            "text", "How to read this", (4, 14, 8, 6), isLocked=True,
            config=_rich("Locked by Ann.", ("\n", {"header": 3}),
                         "Days begin at midnight in Lisbon. A return counts when it is made.\n"),
        ),
        _widget("chart", "Orders a minute, live", (8, 0, 4, 7), id=str(LIVE_WIDGET), **live),
    ]  # fmt: skip


def _launch() -> list[dict[str, Any]]:
    plan = _rich(
        "Launch of the Loom", ("\n", {"header": 1}),
        "Everything that has to be true on the first of March. Write straight into it: ",
        ("somebody else is probably here too.", {"italic": True}), "\n",
        "Packaging is approved", ("\n", {"list": "checked"}),
        "Shop pages are translated", ("\n", {"list": "unchecked"}),
        "First hundred kits are at the warehouse", ("\n", {"list": "unchecked"}),
        "If it cannot be repaired, it is not finished.", ("\n", {"blockquote": True}),
    )  # fmt: skip
    columns = {"what": "What", "who": "Who", "by": "By", "state": "State"}
    rows: list[tuple[Any, ...]] = [
        ("Photographs", "Chloé", "12 Feb", "done"),
        ("Translations", "Ben", "18 Feb", "under way"),
        ("Press letter", "Ann", "20 Feb", "draft"),
        ("Warehouse", "Dev", "24 Feb", "open"),
    ]
    budget = _chart("bar", "Photos Print Press Freight", Planned=[900, 1400, 600, 2200],
                    Spent=[860, 1510, 240, 400])  # fmt: skip
    return [
        _widget("text", None, (0, 0, 6, 9), config=plan),
        _widget("table", "Tasks", (6, 0, 6, 6), **_table(columns, rows)),
        _widget("chart", "Budget, €", (6, 6, 6, 7), **budget),
        _widget("custom", "Deploy", (0, 9, 3, 4), data={"build": 1184, "branch": "main"}),
    ]  # fmt: skip


def _wall() -> list[dict[str, Any]]:
    menu = _rich(
        "Lunch", ("\n", {"header": 2}),
        "Monday: lentils", ("\n", {"list": "bullet"}),
        "Tuesday: whatever Chloé brings 🥧", ("\n", {"list": "bullet"}),
        "Wednesday: soup", ("\n", {"list": "bullet"}),
    )  # fmt: skip
    columns = {"who": "Who", "week": "Coffee duty"}
    rows: list[tuple[Any, ...]] = [("Ann", 48), ("Ben", 49), ("Chloé", 50), ("Dev", 51)]
    coffee = _chart("line", "Mon Tue Wed Thu Fri", Cups=[31, 28, 35, 33, 19])
    return [
        _widget("text", None, (0, 0, 5, 6), config=menu),
        _widget("table", "Rota", (5, 0, 7, 6), **_table(columns, rows)),
        _widget("chart", "Cups of coffee", (0, 6, 12, 6), **coffee),
    ]


def _meeting() -> list[dict[str, Any]]:
    agenda = _rich("Agenda", ("\n", {"header": 2}), "First", ("\n", {"list": "ordered"}))
    decisions = _rich("Decisions", ("\n", {"header": 2}), "\n")
    actions = _table({"what": "What", "who": "Who", "by": "By"}, [("", "", "")])
    return [
        _widget("text", None, (0, 0, 6, 6), config=agenda),
        _widget("text", None, (6, 0, 6, 6), config=decisions),
        _widget("table", "Actions", (0, 6, 12, 5), **actions),
    ]
