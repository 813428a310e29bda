"""Every model of the seed: camelCase out, snake_case in, its defaults, its rules by field."""

import json
from typing import Any
from uuid import UUID

import pytest
from pydantic import ValidationError

import weft.models
from tests.models.record_samples import (
    MODELS,
    NEW_YEAR,
    NOON,
    PERMISSION,
    PLACE,
    RANGE,
    SAMPLES,
    A,
    B,
    C,
)
from weft.errors import WeftError
from weft.limits import PERMISSIONS_MAX_PER_COLLABORATOR, PROBLEMS_MAX_PER_ANSWER
from weft.models import (
    AuditLog,
    Collaborator,
    CollaboratorInvite,
    Context,
    Dashboard,
    DashboardPatch,
    DashboardSettings,
    Permission,
    Presence,
    Record,
    Resource,
    Session,
    SessionCreate,
    TemplateCreate,
    User,
    UserCreate,
    UserPatch,
    Widget,
    WidgetCreate,
    WidgetPatch,
    decide,
)

every_model = pytest.mark.parametrize(
    ("model", "least", "defaults"), SAMPLES, ids=[model.__name__ for model in MODELS]
)


def errors(model: type[Record], content: Any) -> list[tuple[str, str]]:
    """(field, rule) of each problem."""
    with pytest.raises(WeftError) as caught:
        model.from_wire(content)
    assert caught.value.code == "invalid_message"
    json.dumps(caught.value.to_json())
    return [(found["field"], found["rule"]) for found in caught.value.details["errors"]]


def test_every_model_has_a_sample() -> None:
    exported = {
        model
        for model in vars(weft.models).values()
        if isinstance(model, type) and issubclass(model, Record)
    }
    inner = {"PermissionConditions", "TimeRange", "PresenceUser", "WidgetConfig", "WidgetData"}
    parents = {"Record", "Patch"}
    assert {model.__name__ for model in exported - {*MODELS}} == inner | parents


@every_model
def test_a_model_leaves_as_it_came_with_its_defaults(
    model: type[Record], least: dict[str, Any], defaults: dict[str, Any]
) -> None:
    record = model.from_wire(least)
    assert record.to_wire() == {**least, **defaults}
    assert model.from_wire(record.to_wire()) == record
    inside = {name: getattr(record, name) for name in record.model_fields_set}
    assert model.model_validate(inside) == record, "by the names inside, too"
    json.dumps(record.to_wire())


@every_model
def test_an_unknown_field_is_refused_by_name(
    model: type[Record], least: dict[str, Any], defaults: dict[str, Any]
) -> None:
    assert errors(model, {**least, "no_such": 1}) == [("no_such", "extra_forbidden")]


@every_model
def test_a_missing_field_is_named(
    model: type[Record], least: dict[str, Any], defaults: dict[str, Any]
) -> None:
    required = {
        field.alias for field in model.model_fields.values() if field.is_required() and field.alias
    }
    expected = [(name, "missing") for name in least if name in required]
    assert required <= least.keys()
    if required:
        assert sorted(errors(model, {})) == sorted(expected)


@every_model
@pytest.mark.parametrize("content", [None, [], "text", 7])
def test_what_is_no_object_is_refused(
    model: type[Record], least: dict[str, Any], defaults: dict[str, Any], content: object
) -> None:
    assert errors(model, content) == [("", "model_type")]


@every_model
def test_a_model_has_a_schema_in_camel_case(
    model: type[Record], least: dict[str, Any], defaults: dict[str, Any]
) -> None:
    schema = model.model_json_schema()
    assert least.keys() | defaults.keys() <= schema["properties"].keys()
    assert not [name for name in schema["properties"] if "_" in name]
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("model", "change", "expected"),
    [
        (User, {"email": "nobody"}, ("email", "string_pattern_mismatch")),
        (User, {"avatarUrl": "javascript:x"}, ("avatarUrl", "web_url")),
        (User, {"fullName": "n" * 256}, ("fullName", "string_too_long")),
        (User, {"isActive": "yes"}, ("isActive", "bool_type")),
        (User, {"metadata": {"a": "\0"}}, ("metadata", "unstorable_text")),
        (Dashboard, {"id": "7"}, ("id", "uuid_parsing")),
        (Dashboard, {"title": "t" * 256}, ("title", "string_too_long")),
        (Dashboard, {"version": -1}, ("version", "greater_than_equal")),
        (Dashboard, {"settings": {"theme": "blue"}}, ("settings.theme", "literal_error")),
        (Dashboard, {"settings": {"gridSize": "8"}}, ("settings.gridSize", "number_type")),
        (
            Dashboard,
            {"layout": [{"id": A, **PLACE}, {"id": B, **PLACE, "minWidth": -1}]},
            ("layout.1.minWidth", "greater_than_equal"),
        ),
        (DashboardSettings, {"collaborationMode": "x"}, ("collaborationMode", "literal_error")),
        (Widget, {"type": ""}, ("type", "string_too_short")),
        (Widget, {"type": "t" * 101}, ("type", "string_too_long")),
        (Widget, {"position": {**PLACE, "width": -1}}, ("position.width", "greater_than_equal")),
        (WidgetPatch, {"position": None}, ("position", "not_null")),
        (UserPatch, {"email": None}, ("email", "not_null")),
        (DashboardPatch, {"settings": {"showGrid": 1}}, ("settings.showGrid", "bool_type")),
        (Collaborator, {"role": "owner"}, ("role", "literal_error")),
        (
            CollaboratorInvite,
            {"permissions": [PERMISSION] * (PERMISSIONS_MAX_PER_COLLABORATOR + 1)},
            ("permissions", "too_long"),
        ),
        (
            Collaborator,
            {"permissions": [{**PERMISSION, "conditions": {"ipWhitelist": ["10.0.0.1/8"]}}]},
            ("permissions.0.conditions.ipWhitelist.0", "ip_network"),
        ),
        (Presence, {"selection": [RANGE] * 101}, ("selection", "too_long")),
        (Presence, {"user": {"id": A, "username": "a", "color": ";"}},
         ("user.color", "string_pattern_mismatch")),
        (Session, {"ipAddress": "here"}, ("ipAddress", "ip_address")),
        (Session, {"expiresAt": "2030-01-01"}, ("expiresAt", "timezone_aware")),
        (Session, {"deviceInfo": {"userAgent": 5}}, ("deviceInfo.userAgent", "string_type")),
        (SessionCreate, {"ttlSeconds": 0}, ("ttlSeconds", "greater_than_equal")),
        (SessionCreate, {"ttlSeconds": 10**9}, ("ttlSeconds", "less_than_equal")),
        (AuditLog, {"action": "a" * 101}, ("action", "string_too_long")),
        (AuditLog, {"entityType": "e" * 51}, ("entityType", "string_too_long")),
        (TemplateCreate, {"name": ""}, ("name", "string_too_short")),
        (
            TemplateCreate,
            {"defaultWidgets": [{"type": "text", "position": {}}]},
            ("defaultWidgets.0.position.x", "missing"),
        ),
    ],
)  # fmt: skip
def test_invalid_data_names_the_field_and_the_rule(
    model: type[Record], change: dict[str, Any], expected: tuple[str, str]
) -> None:
    least = next(least for sampled, least, _ in SAMPLES if sampled is model)
    assert errors(model, {**least, **change})[0] == expected


@pytest.mark.parametrize(
    ("permission", "field", "broken"),
    [
        ({"action": "delete", "resource": "dashboard"}, "", "owner_only"),
        (
            {"action": "write", "resource": "settings", "conditions": {"widgetTypes": ["text"]}},
            "",
            "widget_types_on_widgets_only",
        ),
        (
            {"action": "read", "resource": "widget", "conditions": {"widgetTypes": ["text"]}},
            "",
            "read_is_whole",
        ),
        ({"action": "fly", "resource": "widget"}, "action", "literal_error"),
        ({"action": "read", "resource": "users"}, "resource", "literal_error"),
        (
            {**PERMISSION, "conditions": {"widgetTypes": []}},
            "conditions.widgetTypes",
            "too_short",
        ),
        (
            {**PERMISSION, "conditions": {"ipWhitelist": []}},
            "conditions.ipWhitelist",
            "too_short",
        ),
        (
            {**PERMISSION, "conditions": {"timeRange": {"start": NOON, "end": NOON}}},
            "conditions.timeRange",
            "time_range_order",
        ),
        (
            {**PERMISSION, "conditions": {"timeRange": {"start": NOON}}},
            "conditions.timeRange.end",
            "missing",
        ),
    ],
)
def test_a_permission_that_could_not_be_kept_is_refused(
    permission: dict[str, Any], field: str, broken: str
) -> None:
    assert errors(Permission, permission) == [(field, broken)]


def test_snake_case_is_not_the_wire() -> None:
    assert errors(UserCreate, {"email": "a@b", "username": "a", "full_name": "A"}) == [
        ("full_name", "extra_forbidden")
    ]


def test_a_field_that_came_under_its_name_inside_is_told_as_on_the_wire() -> None:
    with pytest.raises(ValidationError) as caught:
        UserCreate.model_validate({"email": "a@b", "username": "a", "full_name": 5})
    assert [found.field for found in weft.models.problems_of(caught.value)] == ["fullName"]


def test_an_answer_is_short_and_repeats_nothing_that_was_sent() -> None:
    secret = "hunter2"
    content = {f"field{number}{secret * 100}": secret for number in range(1000)}
    with pytest.raises(WeftError) as caught:
        UserPatch.from_wire({**content, "email": secret})
    told = caught.value.to_json()
    assert len(told["errors"]) == PROBLEMS_MAX_PER_ANSWER
    assert told["errorsTotal"] == 1001
    assert len(json.dumps(told)) < 10_000
    with pytest.raises(WeftError) as caught:
        UserPatch.from_wire({"email": secret})
    assert secret not in json.dumps(caught.value.to_json())


def test_a_name_that_cannot_be_written_makes_no_answer_that_cannot() -> None:
    assert errors(UserPatch, {"\ud800": 1}) == [("", "string_unicode")]
    assert errors(UserPatch, {"ü\0": 1}) == [("ü?", "extra_forbidden")]


def test_a_patch_knows_absent_from_null() -> None:
    patch = DashboardPatch.from_wire({"description": None, "isPublic": True})
    assert patch.changes() == {"description": None, "is_public": True}
    assert DashboardPatch.from_wire({}).changes() == {}
    settings = DashboardPatch.from_wire({"settings": {"theme": None}}).settings
    assert settings is not None
    assert settings.model_fields_set == {"theme"}


def test_the_schema_of_a_patch_says_which_fields_may_be_null() -> None:
    fields = DashboardPatch.model_json_schema()["properties"]
    nullable = {
        name for name, schema in fields.items() if {"type": "null"} in schema.get("anyOf", [])
    }
    assert nullable == {"description"}


def test_a_record_does_not_change_and_shares_no_default() -> None:
    one, other = (UserCreate(email="a@b", username="a") for _ in range(2))
    assert one.metadata is not other.metadata
    with pytest.raises(ValueError, match="frozen"):
        one.email = "b@c"


def test_nested_nulls_of_free_objects_stay() -> None:
    widget = WidgetCreate.from_wire(
        {"type": "chart", "position": PLACE, "title": None, "data": {"a": None, "b": [None]}}
    )
    assert widget.to_wire()["data"] == {"a": None, "b": [None]}
    assert "title" not in widget.to_wire()


def test_a_stored_dashboard_is_shown_whatever_its_editors_keep_in_it() -> None:
    row = {
        "id": UUID(A), "title": "Sales", "description": None, "owner_id": UUID(B),
        "created_at": NEW_YEAR, "updated_at": NEW_YEAR, "version": 9,
        "settings": {"theme": "neon", "gridSize": 8, "ours": {}},
        "layout": [{"id": A, **PLACE, "group": 1, "minWidth": "x"}, {"id": B}, "stray", None],
    }  # fmt: skip
    dashboard = Dashboard.stored(row)
    assert dashboard.settings == DashboardSettings(grid_size=8)
    assert [place.to_wire() for place in dashboard.layout] == [{"id": A, **PLACE}]
    assert Dashboard.stored({**row, "settings": [], "layout": []}).settings == DashboardSettings()


def test_a_user_shows_others_a_profile() -> None:
    user = User.from_wire({**SAMPLES[0][1], "fullName": "Ada"})
    assert user.profile().to_wire() == {"id": A, "username": "ada", "fullName": "Ada"}


@pytest.mark.parametrize(
    ("accepted_at", "is_active", "allowed"),
    [(NOON, True, True), (None, True, False), (NOON, False, False)],
)
def test_an_invitation_gives_nothing_until_it_is_accepted(
    accepted_at: str | None, is_active: bool, allowed: bool
) -> None:
    collaborator = Collaborator.from_wire(
        {"id": A, "dashboardId": B, "userId": C, "role": "editor", "invitedAt": NOON,
         "acceptedAt": accepted_at, "isActive": is_active}
    )  # fmt: skip
    subject = collaborator.subject()
    assert decide(subject, "write", Resource("dashboard"), Context(0)).allowed is allowed
