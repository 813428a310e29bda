"""What every `Dashboards` keeps, in memory and in PostgreSQL."""

from uuid import uuid4

import pytest

from storage.identity_ports import HOST
from tests.storage.identity_house import House, by, grant, refused
from weft.errors import WeftError
from weft.models import (
    DashboardCreate,
    DashboardSettings,
    TemplateCreate,
    UserPatch,
    WidgetCreate,
    WidgetLayout,
    WidgetPosition,
)
from weft.ot import Document

NOBODY = uuid4()
PLACE = WidgetPosition(x=0, y=0.5, width=4, height=2)


def a_widget(**fields) -> WidgetCreate:
    return WidgetCreate(**{"type": "text", "position": PLACE, **fields})


@pytest.fixture
async def owner(house: House):
    return await house.person()


@pytest.fixture
async def board(house: House, owner):
    return await house.board(owner)


async def test_law4_a_dashboard_begins_with_one_state_in_rows_and_checkpoint(house: House, owner):
    widget_id = uuid4()
    wanted = DashboardCreate(
        title="Q3",
        description="grüß 👋",
        is_public=True,
        settings=DashboardSettings(theme="dark", grid_size=8),
        layout=(WidgetLayout(id=str(widget_id), x=0, y=1, width=2, height=3, is_locked=True),),
        widgets=(a_widget(id=widget_id, config={"text": "0"}, is_locked=True), a_widget()),
    )
    made = await house.stores.dashboards.create_dashboard(owner.id, wanted, by(owner))
    assert (made.title, made.is_public, made.version) == ("Q3", True, 0)
    assert (made.settings, made.layout) == (wanted.settings, wanted.layout)
    opened = await house.log.open_dashboard(made.id)
    rows = await house.log.read_rows(made.id)
    assert (opened.version, opened.checkpoint.version) == (0, 0)
    assert rows.state == opened.checkpoint.state
    assert Document.from_json(rows.state).to_json() == rows.state
    assert len(rows.state["widgets"]) == 2
    assert rows.state["widgets"][str(widget_id)] == {
        "type": "text",
        "title": None,
        "position": {"x": 0, "y": 0.5, "width": 4, "height": 2},
        "config": {"text": "0"},
        "data": {},
        "isLocked": True,
    }
    (told,) = await house.trail(made.id)
    assert (told.action, told.dashboard_id, told.user_id) == (
        "dashboard.created",
        made.id,
        owner.id,
    )
    assert told.new_values["title"] == "Q3"
    assert "widgets" not in told.new_values


async def test_a_template_gives_what_was_not_asked_for(house: House, owner):
    widget_id = uuid4()
    place = WidgetLayout(id=str(widget_id), x=1, y=1, width=1, height=1)
    template = await house.templates.create_template(
        TemplateCreate(name="Wall", layout=(place,), default_widgets=(a_widget(id=widget_id),))
    )
    boards = [
        await house.board(owner, template_id=template.id),
        await house.board(owner, template_id=template.id, widgets=()),
        await house.board(owner, template_id=template.id, layout=()),
    ]
    states = [(await house.log.read_rows(one.id)).state for one in boards]
    assert [list(state["widgets"]) for state in states] == [[str(widget_id)], [], [str(widget_id)]]
    assert [state["layout"] for state in states] == [[place.to_wire()], [place.to_wire()], []]
    assert states[0]["title"] == "Sales"


async def test_a_template_that_is_not_public_is_the_hosts_alone(house: House, owner):
    template = await house.templates.create_template(
        TemplateCreate(name="Own", layout=(), is_public=False)
    )
    create = house.stores.dashboards.create_dashboard
    wanted = DashboardCreate(title="x", template_id=template.id)
    with pytest.raises(WeftError) as raised:
        await create(owner.id, wanted, by(owner))
    assert raised.value.code == "not_found"
    assert (await create(owner.id, wanted, HOST)).title == "x"


async def test_law7_a_dashboard_that_cannot_be_made_is_refused_by_name(house: House, owner, board):
    gone, widget_id = await house.person(), uuid4()
    await house.stores.users.change_user(gone.id, UserPatch(is_active=False), HOST)
    create = house.stores.dashboards.create_dashboard
    plain = DashboardCreate(title="x")
    twins = DashboardCreate(title="x", widgets=(a_widget(id=widget_id), a_widget(id=widget_id)))
    big = DashboardCreate(title="x", widgets=(a_widget(config={"text": "x" * 33_554_432}),))
    missing = DashboardCreate(title="x", template_id=NOBODY)
    for arguments, code in (
        ((NOBODY, plain, HOST), "not_found"),
        ((gone.id, plain, HOST), "not_found"),
        ((owner.id, plain, by(gone)), "forbidden"),
        ((owner.id, plain, HOST, board.id), "conflict"),
        ((owner.id, missing, HOST), "not_found"),
        ((owner.id, twins, HOST), "invalid_message"),
        ((owner.id, big, HOST), "limit_exceeded"),
    ):
        with pytest.raises(WeftError) as raised:
            await create(*arguments)
        assert raised.value.code == code


async def test_put_away_and_shown_to_everyone_and_back(house: House, owner, board):
    dashboards = house.stores.dashboards
    assert (await dashboards.archive(board.id, by(owner))).is_archived is True
    assert (await dashboards.archive(board.id, by(owner))).is_archived is True
    assert (await dashboards.publish(board.id, by(owner))).is_public is True
    restored = await dashboards.archive(board.id, by(owner), is_archived=False)
    assert (restored.is_archived, restored.is_public) == (False, True)
    withdrawn = await dashboards.publish(board.id, by(owner), is_public=False)
    assert await dashboards.metadata(board.id) == withdrawn
    assert [told.action for told in await house.trail(board.id)] == [
        "dashboard.created",
        "dashboard.archived",
        "dashboard.published",
        "dashboard.restored",
        "dashboard.withdrawn",
    ]


async def test_law1_the_log_does_not_notice(house: House, owner, board):
    opened = await house.log.open_dashboard(board.id)
    await house.stores.dashboards.archive(board.id, by(owner))
    await house.stores.dashboards.transfer(board.id, (await house.person()).id, by(owner))
    head = await house.log.head(board.id)
    assert (head.version, head.epoch) == (opened.version, opened.epoch)


async def test_handing_over_leaves_the_old_owner_an_admin(house: House, owner, board):
    dashboards, sharing = house.stores.dashboards, house.stores.sharing
    heir = await house.member(board, "viewer")
    moved = await dashboards.transfer(board.id, heir.id, by(owner))
    assert moved.owner_id == heir.id
    assert await dashboards.metadata(board.id) == moved
    assert await sharing.collaborator(board.id, heir.id) is None, "the owner is no collaborator"
    assert (await sharing.grants_of(board.id, heir.id)).role == "owner"
    assert (await sharing.grants_of(board.id, owner.id)).subject().role == "admin"
    with pytest.raises(WeftError) as raised:
        await dashboards.transfer(board.id, owner.id, by(owner))
    assert raised.value.code == "forbidden"
    assert await dashboards.transfer(board.id, heir.id, by(heir)) == moved, "no change"
    for nobody in (NOBODY, (await _inactive(house)).id):
        with pytest.raises(WeftError) as raised:
            await dashboards.transfer(board.id, nobody, by(heir))
        assert raised.value.code == "not_found"
    told = await house.trail(board.id, action="dashboard.transferred")
    assert [one.new_values for one in told] == [{"ownerId": str(heir.id)}]


async def test_a_deleted_dashboard_is_gone_and_its_trail_is_not(house: House, owner, board):
    guest = await house.member(board, "viewer")
    dashboards, sharing = house.stores.dashboards, house.stores.sharing
    assert await dashboards.delete_dashboard(board.id, by(owner)) == (guest.id,)
    assert await dashboards.metadata(board.id) is None
    assert await sharing.grants_of(board.id, owner.id) is None
    assert await house.log.head(board.id) is None
    assert await house.log.open_dashboard(board.id) is None
    told = (await house.trail(board.id))[-1]
    assert (told.action, told.new_values) == ("dashboard.deleted", None)
    assert told.old_values["title"] == "Sales"
    with pytest.raises(WeftError) as raised:
        await dashboards.delete_dashboard(board.id, by(owner))
    assert raised.value.code == "unknown_dashboard"


ASKED = {
    "archive": lambda dashboards, board, new, actor: dashboards.archive(board.id, actor),
    "publish": lambda dashboards, board, new, actor: dashboards.publish(board.id, actor),
    "transfer": lambda dashboards, board, new, actor: dashboards.transfer(board.id, new.id, actor),
    "delete": lambda dashboards, board, new, actor: dashboards.delete_dashboard(board.id, actor),
}


@pytest.mark.parametrize(
    ("role", "permissions", "is_public", "asked", "answer"),
    [
        ("admin", (), False, "archive", "allowed"),
        ("admin", (), False, "publish", "allowed"),
        ("admin", (), False, "transfer", "not_granted"),
        ("admin", (), False, "delete", "not_granted"),
        ("editor", (), False, "archive", "not_granted"),
        ("editor", (), False, "publish", "not_granted"),
        ("editor", (grant("share", "dashboard"),), False, "publish", "allowed"),
        ("viewer", (grant("admin", "dashboard"),), False, "archive", "allowed"),
        (None, (), False, "archive", "unknown_dashboard"),
        (None, (), False, "delete", "unknown_dashboard"),
        (None, (), True, "archive", "not_granted"),
        (None, (), True, "delete", "not_granted"),
    ],
)
async def test_law6_who_may_change_a_dashboard_as_a_thing(
    house: House, owner, *, role, permissions, is_public, asked, answer
):
    board = await house.board(owner, is_public=is_public)
    new = await house.person()
    someone = await house.member(board, role, *permissions) if role else await house.person()
    before = await house.stores.dashboards.metadata(board.id)
    attempt = ASKED[asked](house.stores.dashboards, board, new, by(someone))
    if answer == "allowed":
        await attempt
        assert await house.stores.dashboards.metadata(board.id) != before
        return
    with pytest.raises(WeftError) as raised:
        await attempt
    assert answer in refused(raised)
    assert await house.stores.dashboards.metadata(board.id) == before


async def _inactive(house: House):
    user = await house.person()
    return await house.stores.users.change_user(user.id, UserPatch(is_active=False), HOST)
