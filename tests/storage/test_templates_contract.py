"""What every `Templates` keeps, in memory and in PostgreSQL."""

from uuid import uuid4

import pytest

from storage.memory_audit import MemoryAudit
from storage.memory_templates import MemoryTemplates
from storage.postgres_audit import PostgresAudit
from storage.postgres_templates import PostgresTemplates
from storage.query_ports import Audit, AuditEntry, AuditFilter, Templates
from tests.storage.conftest import BOTH_STORES
from weft.errors import WeftError
from weft.models import TemplateCreate


@pytest.fixture(params=BOTH_STORES)
def kept(request: pytest.FixtureRequest) -> tuple[Templates, Audit]:
    if request.param == "memory":
        audit = MemoryAudit()
        return MemoryTemplates(audit), audit
    pool = request.getfixturevalue("postgres_stores").pool
    return PostgresTemplates(pool), PostgresAudit(pool)


@pytest.fixture
def templates(kept: tuple[Templates, Audit]) -> Templates:
    return kept[0]


@pytest.fixture
def audit(kept: tuple[Templates, Audit]) -> Audit:
    return kept[1]


def template(**fields) -> TemplateCreate:
    return TemplateCreate.from_wire({"name": "Sales wall", "layout": [], **fields})


WHOLE = {
    "description": "All of it",
    "category": "sales",
    "thumbnailUrl": "https://example.org/a.png",
    "layout": [{"id": "a", "x": 0, "y": 0.5, "width": 4, "height": 2, "isLocked": True}],
    "defaultWidgets": [
        {
            "id": str(uuid4()),
            "type": "text",
            "position": {"x": 0, "y": 0, "width": 4, "height": 2, "zIndex": 1},
            "config": {"text": "grüß 👋"},
        }
    ],
    "isPublic": False,
}


async def test_a_template_is_read_back_exactly(templates: Templates):
    created = await templates.create_template(template(**WHOLE))
    read = await templates.template(created.id)
    assert read == created
    asked = template(**WHOLE).to_wire()
    assert {name: created.to_wire()[name] for name in asked} == asked


async def test_replacing_changes_all_but_identity(templates: Templates):
    created = await templates.create_template(template(**WHOLE))
    replaced = await templates.replace_template(created.id, template(name="Other"))
    assert replaced is not None
    assert (replaced.id, replaced.created_at) == (created.id, created.created_at)
    assert (replaced.name, replaced.category, replaced.layout) == ("Other", None, ())
    assert await templates.template(created.id) == replaced


async def test_law3_made_again_under_its_id_it_is_the_one_that_is_there(templates: Templates):
    wanted = uuid4()
    created = await templates.create_template(template(**WHOLE), wanted)
    assert created.id == wanted
    assert await templates.create_template(template(name="Other"), wanted) == created


async def test_replacing_may_be_bound_to_what_was_seen(templates: Templates):
    seen = await templates.create_template(template())
    new = await templates.replace_template(seen.id, template(name="Other"), seen)
    with pytest.raises(WeftError) as refusal:
        await templates.replace_template(seen.id, template(name="Late"), seen)
    assert refusal.value.code == "conflict"
    assert await templates.template(seen.id) == new


async def test_what_is_deleted_is_gone(templates: Templates):
    created = await templates.create_template(template())
    assert await templates.delete_template(created.id) is True
    assert await templates.delete_template(created.id) is False
    assert await templates.template(created.id) is None
    assert await templates.replace_template(created.id, template()) is None


async def test_a_change_and_its_trail_are_there_together_or_not_at_all(
    templates: Templates, audit: Audit
):
    template_id = uuid4()
    entry = AuditEntry("template.changed", "template", template_id)
    broken = AuditEntry("x" * 1_000, "template", template_id)
    with pytest.raises(WeftError):
        await templates.create_template(template(), template_id, broken)
    assert await templates.template(template_id) is None
    made = await templates.create_template(template(), template_id, entry)
    await templates.create_template(template(), template_id, entry)  # was made before
    for refused in (
        templates.replace_template(template_id, template(), None, broken),
        templates.delete_template(template_id, broken),
    ):
        with pytest.raises(WeftError):
            await refused
    assert await templates.template(template_id) == made
    await templates.replace_template(template_id, template(), None, entry)
    assert await templates.delete_template(template_id, entry)
    assert not await templates.delete_template(template_id, entry)
    page = await audit.entries(AuditFilter(entity_id=template_id))
    assert len(page.items) == 3


async def test_pages_are_by_name_of_one_category_public_unless_asked(templates: Templates):
    category = str(uuid4())
    for name, is_public in (("b", True), ("a", True), ("c", False), ("a", True), ("B", True)):
        await templates.create_template(template(name=name, category=category, isPublic=is_public))
    await templates.create_template(template(name="b", category="another"))

    async def names(limit: int, **fields) -> list[str]:
        found, after = [], None
        while True:
            page = await templates.templates(category=category, after=after, limit=limit, **fields)
            found += [each.name for each in page.items]
            if page.next_cursor is None:
                return found
            after = page.next_cursor

    for limit in (1, 2, 4, 5):
        assert await names(limit) == ["B", "a", "a", "b"]
        assert await names(limit, public_only=False) == ["B", "a", "a", "b", "c"]
