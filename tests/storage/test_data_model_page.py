"""docs/data-model.md answers for every item of the data model that was asked for, and truly."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from storage.postgres_pool import PostgresStores
from tests.storage.seed_items import (
    INDEXES,
    MODELS,
    QUERIES,
    REDIS_KEYS,
    RULES,
    TABLES,
)

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/data-model.md").read_text()
TESTS = sorted((ROOT / "tests").rglob("test_*.py"))
LEFT_OUT = {"idx_widgets_dashboard", "idx_operations_dashboard_version"}

COLUMNS = """
SELECT attname, format_type(atttypid, atttypmod) AS type, attnotnull,
       pg_get_expr(adbin, adrelid) IS NOT NULL AS has_default
FROM pg_attribute LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attrelid = $1::TEXT::REGCLASS AND attnum > 0 AND NOT attisdropped
"""


def rows() -> list[list[str]]:
    """The cells of each row of a table."""
    lines = [line for line in PAGE.splitlines() if line.startswith("| ")]
    return [[cell.strip() for cell in re.split(r" \|(?: |$)", line[2:])] for line in lines]


def test_every_test_that_the_page_names_exists():
    known = {path.stem for path in TESTS}
    known |= {name for path in TESTS for name in re.findall(r"def (test_\w+)", path.read_text())}
    named = re.findall(r"`(test_\w+)(…?)`", PAGE)
    assert len(named) > 30
    for name, cut in named:
        found = name in known or (cut and any(each.startswith(name) for each in known))
        assert found, f"no test is called {name}{cut}"


def test_every_file_that_the_page_names_exists():
    names = set(re.findall(r"`((?:[a-z_]+/)*[a-z0-9_]+\.(?:py|sql|lua))`", PAGE))
    assert len(names) > 30
    folders = ["", "storage", "storage/migrations", "storage/sql", "weft/models", "weft/wire"]
    for name in sorted(names):
        assert any((ROOT / folder / name).is_file() for folder in folders), name


@pytest.mark.parametrize(
    "item",
    [
        *TABLES,
        *(f"{table}.{column}" for table, columns in TABLES.items() for column in columns),
        *INDEXES,
        *REDIS_KEYS,
        *MODELS,
        *QUERIES,
        *RULES,
    ],
)
def test_every_item_of_the_seed_has_a_row(item: str):
    first = [cells[0].lower() for cells in rows()]
    whole = rf"(?<![\w.:]){re.escape(item.lower())}(?![\w.:])"
    before, _, last = item.lower().rpartition(":")  # "`a:b`, `:c`" is short for "`a:b`, `a:c`"
    found = [
        cell
        for cell in first
        if re.search(whole, cell) or (before and f"`{before}:" in cell and f"`:{last}`" in cell)
    ]
    assert found, f"the page has no row for {item}"


@pytest.fixture
async def schema(postgres_stores: PostgresStores) -> AsyncIterator[Any]:
    async with postgres_stores.pool.acquire() as connection:
        yield connection


@pytest.mark.store
async def test_every_column_of_the_seed_is_there_with_its_type(schema: Any):
    for table, columns in TABLES.items():
        found = {row["attname"]: row for row in await schema.fetch(COLUMNS, table)}
        types = {name: found[name]["type"] for name in columns}
        assert types == columns, table
        generated = {"search_vector"}  # it has an expression, and that is no default
        for name in columns.keys() - generated:
            assert found[name]["attnotnull"] or not found[name]["has_default"], f"{table}.{name}"


@pytest.mark.store
async def test_every_index_of_the_seed_is_there_or_left_out_for_a_reason(schema: Any):
    there = {row["indexname"] for row in await schema.fetch("SELECT indexname FROM pg_indexes")}
    assert {name for name in INDEXES if name not in there} == LEFT_OUT
    for name in LEFT_OUT:
        (row,) = [cells for cells in rows() if name in cells[0]]
        assert row[1:3][0] == "—"
        assert row[2].startswith("left out: ")
