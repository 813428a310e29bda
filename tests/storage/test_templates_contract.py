"""What every `Templates` keeps, in memory and in PostgreSQL."""

from uuid import uuid4

import pytest

from storage.memory_templates import MemoryTemplates
from storage.postgres_templates import PostgresTemplates
from storage.query_ports import Templates
from tests.storage.conftest import BOTH_STORES
from weft.models import TemplateCreate


@pytest.fixture(params=BOTH_STORES)
def templates(request: pytest.FixtureRequest) -> Templates:
    if request.param == "memory":
        return MemoryTemplates()
    return PostgresTemplates(request.getfixturevalue("postgres_stores").pool)


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


async def test_what_is_deleted_is_gone(templates: Templates):
    created = await templates.create_template(template())
    assert await templates.delete_template(created.id) is True
    assert await templates.delete_template(created.id) is False
    assert await templates.template(created.id) is None
    assert await templates.replace_template(created.id, template()) is None


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
