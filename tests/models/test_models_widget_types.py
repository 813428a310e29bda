"""The registry of widget types: known keys are checked, unknown ones kept, own types added."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from pydantic import BaseModel

from weft.errors import WeftError
from weft.models import SEED_WIDGET_TYPES, Problem, WidgetConfig, WidgetKind, WidgetTypes
from weft.models.field import Number

SEED_NAMES = ["text", "chart", "table", "image", "video", "embed", "custom"]
GOOD: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "text": ({"text": "hello", "align": "left", "fontSize": 12, "color": "#000"}, {}),
    "chart": (
        {"chartType": "line", "xAxis": {"label": "t", "max": 10, "tickEvery": 2}, "legend": True},
        {"labels": ["a", 1], "series": [{"name": "s", "values": [1, None, 2.5], "unit": "EUR"}]},
    ),
    "table": (
        {"columns": [{"key": "name", "width": 100, "sortable": True}], "pageSize": 20},
        {"rows": [{"name": "Ada"}]},
    ),
    "image": ({"url": "data:image/png;base64,iVBORw0KGgo=", "alt": "logo", "fit": "cover"}, {}),
    "video": ({"url": "https://example.com/v.mp4", "autoplay": False}, {}),
    "embed": ({"url": "https://example.com/", "allowFullscreen": True}, {}),
    "custom": ({"anything": {"goes": None}, "padding": 4}, {"any": [1]}),
}


def found(name: str, config: Any = None, data: Any = None) -> list[tuple[str, str]]:
    return [
        (problem.field, problem.rule) for problem in SEED_WIDGET_TYPES.problems(name, config, data)
    ]


def test_the_registry_begins_with_the_types_of_the_seed() -> None:
    assert list(SEED_WIDGET_TYPES) == SEED_NAMES == list(GOOD)


@pytest.mark.parametrize("name", SEED_NAMES)
def test_what_a_type_may_hold(name: str) -> None:
    config, data = GOOD[name]
    SEED_WIDGET_TYPES.check(name, {**config, "backgroundColor": "red", "their_own": [1]}, data)
    SEED_WIDGET_TYPES.check(name, {}, {})
    SEED_WIDGET_TYPES.check(name)


@pytest.mark.parametrize("name", SEED_NAMES)
def test_what_every_type_has_is_checked(name: str) -> None:
    assert found(name, {"backgroundColor": "red;x:y", "borderWidth": -1, "padding": "4px"}) == [
        ("config.backgroundColor", "string_pattern_mismatch"),
        ("config.borderWidth", "greater_than_equal"),
        ("config.padding", "number_type"),
    ]


@pytest.mark.parametrize(
    ("name", "config", "expected"),
    [
        ("text", {"text": 5}, ("config.text", "text_type")),
        ("text", {"text": {"ops": [], "x": 1}}, ("config.text", "text_type")),
        ("text", {"align": "top"}, ("config.align", "literal_error")),
        ("chart", {"xAxis": {"max": "9"}}, ("config.xAxis.max", "number_type")),
        ("chart", {"legend": 1}, ("config.legend", "bool_type")),
        ("table", {"columns": [{"key": "a"}, {}]}, ("config.columns.1.key", "missing")),
        ("table", {"pageSize": 0}, ("config.pageSize", "greater_than_equal")),
        ("image", {"url": "javascript:alert(1)"}, ("config.url", "image_url")),
        ("image", {"url": "data:image/svg+xml;base64,PHN2Zz4="}, ("config.url", "image_url")),
        ("video", {"url": "data:video/mp4;base64,AAAA"}, ("config.url", "web_url")),
        ("video", {"poster": "javascript:x"}, ("config.poster", "image_url")),
        ("embed", {"url": "javascript:alert(1)"}, ("config.url", "web_url")),
        ("embed", {"url": "data:text/html,x"}, ("config.url", "web_url")),
    ],
)
def test_a_known_key_of_config_is_checked(
    name: str, config: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert found(name, config) == [expected]


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("chart", {"labels": [None]}, ("data.labels.0", "number_type")),
        ("chart", {"series": [{"values": [1, "2"]}]}, ("data.series.0.values.1", "number_type")),
        ("chart", {"series": [{}] * 1001}, ("data.series", "too_long")),
        ("table", {"rows": [{}, 3]}, ("data.rows.1", "dict_type")),
    ],
)
def test_a_known_key_of_data_is_checked(
    name: str, data: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert found(name, {}, data) == [expected]


def test_rich_text_is_let_in() -> None:
    assert found("text", {"text": {"ops": [{"insert": "x", "attributes": {"bold": True}}]}}) == []


def test_an_unknown_type_is_refused_by_name() -> None:
    with pytest.raises(WeftError) as caught:
        SEED_WIDGET_TYPES.check("gauge", {}, {})
    assert caught.value.code == "invalid_message"
    assert caught.value.details["errors"] == [
        {"field": "type", "rule": "unknown_widget_type", "message": "No such type of widget"}
    ]


class GaugeConfig(WidgetConfig):
    max_value: Number


class PlainData(BaseModel):
    """A host product's own model, without our camelCase or openness."""

    reading: float


def test_a_type_of_ones_own_has_its_own_models() -> None:
    types = SEED_WIDGET_TYPES.with_kinds(WidgetKind("gauge", GaugeConfig, PlainData))
    types.check("gauge", {"maxValue": 10, "padding": 1}, {"reading": 1.5})
    assert [problem.field for problem in types.problems("gauge", {"padding": -1}, {})] == [
        "config.padding",
        "config.maxValue",
        "data.reading",
    ]
    assert "gauge" in types
    assert "gauge" not in SEED_WIDGET_TYPES, "the registry it came from is as it was"


def test_a_type_of_ones_own_may_bring_a_check_instead_of_a_model() -> None:
    def needs_lines(config: Mapping[str, Any]) -> Iterator[Problem]:
        if "lines" not in config:
            yield Problem("lines", "required", "lines is missing")
        if len(config) > 1:
            yield Problem("", "alone", "lines stands alone")

    types = WidgetTypes([WidgetKind("sparkline", needs_lines)])
    types.check("sparkline", {"lines": []}, {"anything": 1})
    assert types.problems("sparkline", {"a": 1, "b": 2}) == [
        Problem("config.lines", "required", "lines is missing"),
        Problem("config", "alone", "lines stands alone"),
    ]
    assert list(types) == ["sparkline"]


def test_a_name_is_registered_once() -> None:
    with pytest.raises(ValueError, match="text is registered twice"):
        SEED_WIDGET_TYPES.with_kinds(WidgetKind("text"))
