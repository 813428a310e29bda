"""Made-up rows are the same for the same chance, and tell one story in every table."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from storage.generator import COLUMNS, Generator, Row, Size
from weft.ot import Document, apply, operation_from_json

UNTIL = datetime(2031, 6, 1, tzinfo=UTC)
SINCE = UNTIL - timedelta(days=30)
SIZE = Size(users=20, dashboards=10, collaborators=60, operations=400, checkpoint_every=25)


def made(seed: int, size: Size = SIZE) -> dict[str, list[Row]]:
    generator = Generator(size, random.Random(seed), SINCE, UNTIL)
    return {table: list(generator.rows(table)) for table in COLUMNS}


@pytest.fixture(scope="module")
def tables() -> dict[str, list[Row]]:
    return made(1)


def column(tables: dict[str, list[Row]], table: str, name: str) -> list[object]:
    return [row[COLUMNS[table].index(name)] for row in tables[table]]


def test_chance_alone_decides(tables):
    assert made(1) == tables
    assert made(2) != tables


def test_there_is_as_much_of_everything_as_was_asked_for(tables):
    counts = {table: len(rows) for table, rows in tables.items()}
    wanted = {"users": 20, "dashboards": 10, "dashboard_collaborators": 60, "operations": 400}
    assert {table: counts[table] for table in wanted} == wanted
    generator = Generator(SIZE, random.Random(1), SINCE, UNTIL)
    for table, rows in tables.items():
        assert generator.count(table) in (None, len(rows))
        assert all(len(row) == len(COLUMNS[table]) for row in rows)


def test_more_collaborators_than_there_can_be_are_as_many_as_there_can_be():
    crowded = made(3, Size(users=3, dashboards=2, collaborators=100, operations=0))
    assert len(crowded["dashboard_collaborators"]) == 4


def test_law1_the_log_of_each_dashboard_has_no_gap_and_runs_with_time(tables):
    versions: dict[object, int] = {}
    for row in tables["operations"]:
        dashboard_id, version = row[0], row[1]
        assert version == versions.get(dashboard_id, 0) + 1
        versions[dashboard_id] = version
    moments = column(tables, "operations", "created_at")
    assert moments == sorted(moments)
    assert SINCE <= moments[0] < moments[-1] < UNTIL
    heads = dict(
        zip(*(column(tables, "dashboards", name) for name in ("id", "version")), strict=True)
    )
    assert {id_: head for id_, head in heads.items() if head} == versions


def test_law4_every_checkpoint_is_what_the_log_leads_to(tables):
    states = {(row[0], row[1]): row[2] for row in tables["checkpoints"]}
    documents = {
        id_: Document.from_json(state) for (id_, version), state in states.items() if version == 0
    }
    checked = 0
    for row in tables["operations"]:
        dashboard_id, version, edits = row[0], row[1], row[9]
        operations = tuple(operation_from_json(edit) for edit in edits)
        documents[dashboard_id] = apply(documents[dashboard_id], operations)
        if (dashboard_id, version) in states:
            assert documents[dashboard_id].to_json() == states[dashboard_id, version]
            checked += 1
    assert checked == len(states) - SIZE.dashboards
    assert checked > SIZE.dashboards


def test_nobody_takes_part_twice_or_in_what_they_own(tables):
    owners = dict(
        zip(*(column(tables, "dashboards", name) for name in ("id", "owner_id")), strict=True)
    )
    pairs = [(row[0], row[1]) for row in tables["dashboard_collaborators"]]
    assert len(set(pairs)) == len(pairs)
    assert all(owners[dashboard_id] != user_id for dashboard_id, user_id in pairs)
