"""Who has made a widget, and who has edited it last, is in its row with the next checkpoint."""

from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from storage.ports import Checkpoint
from storage.postgres_pool import PostgresStores
from tests.storage.making import Place, commit_of, state_with, submission, widget

pytestmark = pytest.mark.store


def edit(kind: str, widget_id: str, **fields: Any) -> dict[str, Any]:
    return {"type": kind, "targetId": widget_id, **fields}


async def person(stores: PostgresStores) -> UUID:
    name = uuid4().hex
    return await stores.accounts.create_user(f"{name}@example.org", name)


async def test_a_checkpoint_names_who_made_a_widget_and_who_edited_it_last(
    postgres_stores: PostgresStores,
) -> None:
    ann, ben = await person(postgres_stores), await person(postgres_stores)
    opened = await Place(postgres_stores.log, postgres_stores.accounts, ann).opened()
    mine, other = str(uuid4()), str(uuid4())

    async def authors() -> dict[str, tuple[UUID | None, UUID | None]]:
        rows = await postgres_stores.pool.fetch(
            "SELECT id, created_by, updated_by FROM widgets WHERE dashboard_id = $1",
            opened.dashboard_id,
        )
        return {str(row["id"]): (row["created_by"], row["updated_by"]) for row in rows}

    async def commit_and_checkpoint(*by: tuple[UUID, tuple[dict[str, Any], ...]]) -> None:
        nonlocal opened
        first = opened.version + 1
        submissions = [
            submission(first + number, user_id=user_id, operations=operations)
            for number, (user_id, operations) in enumerate(by)
        ]
        assert await postgres_stores.log.commit([commit_of(opened, *submissions)])
        opened = replace(opened, version=opened.version + len(submissions))
        state = state_with({each: widget() for each in (mine, other)})
        checkpoint = Checkpoint(opened.dashboard_id, opened.version, state)
        assert await postgres_stores.log.write_checkpoint(checkpoint, opened.epoch)

    title = {"path": ["title"], "value": "T"}
    await commit_and_checkpoint(
        (ann, (edit("addWidget", mine, value=widget()), edit("addWidget", other, value=widget()))),
        (ben, (edit("update", mine, **title),)),
        (ann, (edit("noop", mine, reason="target_removed"),)),
    )
    assert await authors() == {mine: (ann, ben), other: (ann, ann)}
    await commit_and_checkpoint((ben, (edit("update", other, **title),)))
    assert await authors() == {mine: (ann, ben), other: (ann, ben)}
    await commit_and_checkpoint((uuid4(), (edit("update", mine, **title),)))  # of somebody gone
    assert await authors() == {mine: (ann, ben), other: (ann, ben)}
