"""Law 7 over HTTP at large: requests made from the served OpenAPI, right ones and wrong ones, meet
no fault of the server and no answer that the OpenAPI does not know.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.gateway.http_world import HttpWorld, Person
from weft.models import TemplateCreate, WebhookOrder

pytestmark = pytest.mark.store
# Of each operation, for each caller, right and wrong. Those of `make test` are always the same.
FEW = 3
EXAMPLES = int(os.environ.get("OPENAPI_EXAMPLES", FEW))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]


@dataclass
class Stage:
    """Something real for the paths to lead to, and who calls."""

    places: dict[str, str]
    tokens: list[str]


async def set_stage(api: HttpWorld) -> Stage:
    ann: Person = await api.person()
    dashboard = await api.dashboard(ann)
    widget = await api.widget(ann, dashboard)
    member = await api.member(dashboard, "editor")
    template = await api.host.templates.create(TemplateCreate(name="Wall", layout=()))
    webhook = await api.host.webhooks.create(WebhookOrder(url="https://hook.invalid/"))
    places = {
        "dashboardId": str(dashboard.id),
        "widgetId": str(widget.id),
        "userId": str(member.id),
        "sessionId": str(member.session_id),
        "templateId": str(template.id),
        "version": "0",
        "webhookId": str(webhook.id),
        "deliveryId": "1",
    }
    return Stage(places, [ann.token, api.admin_key])


def operations(described: dict[str, Any]) -> Iterator[APIOperation]:
    schema = schemathesis.openapi.from_dict(described)
    for found in schema.get_all_operations():
        yield found.ok()


def fuzz(operation: APIOperation, stage: Stage, url: str, mode: GenerationMode) -> None:
    """Wrong requests are wrong in query or body, if there are any; in their path otherwise."""
    names = {parameter.name for parameter in operation.path_parameters}
    more_to_say = bool(list(operation.query) or list(operation.body))
    led = mode is GenerationMode.POSITIVE or more_to_say
    places = {name: stage.places[name] for name in names} if led else {}
    has_body = bool(list(operation.body))  # what is wrong in a query may not survive its writing
    checks = [*CHECKS, negative_data_rejection] if has_body else CHECKS

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=EXAMPLES == FEW,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(mode, path_parameters=places))
    def meets_what_is_described(case: Any) -> None:
        for token in stage.tokens:
            case.call_and_validate(
                base_url=url, headers={"Authorization": f"Bearer {token}"}, checks=checks
            )

    with suppress(Unsatisfiable) if mode is GenerationMode.NEGATIVE else nullcontext():
        meets_what_is_described()  # of some, nothing can be said wrongly


@pytest.mark.filterwarnings("ignore:Do not use the `random` module")  # the server does, beside us
async def test_law7_whatever_is_asked_is_answered_as_the_openapi_says(api: HttpWorld) -> None:
    async with httpx.AsyncClient(
        base_url=api.service.http_url, trust_env=False, timeout=60
    ) as client:
        described = (await client.get("/openapi.json")).json()
    for operation in operations(described):
        stage = await set_stage(api)
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
            await asyncio.to_thread(fuzz, operation, stage, api.service.http_url, mode)
