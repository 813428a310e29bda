"""Templates over HTTP: kept by the host product, told in the trail, for everybody to begin with."""

from uuid import uuid4

import pytest

from tests.gateway.http_world import TEXT, HttpWorld, all_of, problem, refused
from weft.models import TemplateCreate

pytestmark = pytest.mark.store


def template(**fields: object) -> TemplateCreate:
    return TemplateCreate.from_wire({"name": f"Wall {uuid4()}", "layout": [], **fields})


async def test_made_read_replaced_and_deleted_with_a_trail(api: HttpWorld) -> None:
    ann = await api.person()
    made = await api.host.templates.create(template(defaultWidgets=[TEXT]))
    assert await ann.api.templates.read(made.id) == made
    wanted = template(category="sales")
    replaced = await api.host.templates.replace(made.id, wanted, made)
    assert (replaced.name, replaced.default_widgets) == (wanted.name, ())
    late = api.host.templates.replace(made.id, template(), made)
    assert (await refused(late)).code == "conflict"
    await api.host.templates.delete(made.id)
    assert (await refused(ann.api.templates.read(made.id))).code == "not_found"
    assert (await refused(api.host.templates.delete(made.id))).code == "not_found"
    trail = await all_of(api.host.audit.entries(entity_id=made.id))
    assert [each.action for each in trail] == [
        "template.deleted",
        "template.replaced",
        "template.created",
    ]
    assert trail[1].new_values is not None
    assert trail[1].new_values["category"] == "sales"


async def test_users_read_public_ones_and_change_none(api: HttpWorld) -> None:
    category = uuid4().hex
    ann = await api.person()
    public = await api.host.templates.create(template(category=category))
    own = await api.host.templates.create(template(category=category, isPublic=False))
    assert await all_of(ann.api.templates.all(category)) == [public]
    assert {each.id for each in await all_of(api.host.templates.all(category))} == {
        public.id,
        own.id,
    }
    assert (await refused(ann.api.templates.read(own.id))).code == "not_found"
    for attempt in (
        ann.api.templates.create(template()),
        ann.api.templates.replace(public.id, template()),
        ann.api.templates.delete(public.id),
    ):
        assert (await refused(attempt)).code == "forbidden"


async def test_their_widgets_are_checked_by_their_type(api: HttpWorld) -> None:
    wrong = template(defaultWidgets=[TEXT, {**TEXT, "config": {"fontSize": "x"}}])
    error = await refused(api.host.templates.create(wrong))
    assert error.details["errors"][0]["field"] == "defaultWidgets.1.config.fontSize"


async def test_law3_the_same_order_with_the_same_key_makes_one(api: HttpWorld) -> None:
    raw, key = api.raw(), {"Idempotency-Key": uuid4().hex}
    body = template().to_wire()
    first, second = [await raw.post("/api/templates", json=body, headers=key) for _ in range(2)]
    assert first.status_code == second.status_code == 201
    assert first.json() == second.json()
    other = template().to_wire()
    problem(await raw.post("/api/templates", json=other, headers=key), 422, "id_reused")
