"""Dashboards and alerts ask for nothing that Qiao does not say, and every alert tells what to do."""

import re
from collections import Counter
from pathlib import Path

import click
import pytest
import yaml

from libs.http import Tokens
from libs.telemetry import exposition, metrics
from qiao.cli import qiao
from qiao.migration import topic_specs
from qiao.services import SERVICES, routes
from qiao.settings import Settings
from qiao.stores import open_stores
from tests.unit.deploy.asking import (
    DASHBOARDS,
    ROOT,
    RULES,
    Query,
    alerts,
    all_rules,
    dashboard,
    groupings,
    misuses,
    parsed,
    queries,
    selectors,
)

QUERIES = list(queries())
EVERYWHERE = {"job", "instance"}
"""Labels that Prometheus itself puts on whatever it scrapes."""
SERIES = {**metrics.SERIES, "ALERTS": frozenset({"alertname", "alertstate", "severity"})}
"""What Qiao says, and the one thing that Prometheus says itself."""
RECORDED = {rule["record"] for rule in all_rules() if "record" in rule}
SHARE = {"Error": 0.001, "Latency": 0.01, "Freshness": 0.001}
"""What of the requests, or waits, may be bad: docs/operating/objectives.md."""


def ids(query: Query) -> str:
    return query.where


def test_every_expression_parses() -> None:
    assert len(QUERIES) > 80
    for query in QUERIES:
        parsed(query)


@pytest.mark.parametrize("query", QUERIES, ids=ids)
def test_every_metric_named_exists_and_has_the_labels_that_are_asked_for(query: Query) -> None:
    carried: set[str] = set()
    for selector in selectors(query):
        assert selector.name in SERIES or selector.name in RECORDED, selector.name
        labels = SERIES.get(selector.name or "", frozenset()) | EVERYWHERE
        assert {matcher.name for matcher in selector.matchers.matchers} <= labels
        carried |= labels
    assert groupings(query) <= carried


def test_a_name_or_a_label_that_nobody_has_is_found() -> None:
    for wrong in ("sum(rate(qiao_http_requests_total[5m]))", 'qiao_event_age_seconds_count{route="/v1/home"}'):
        with pytest.raises(AssertionError):
            test_every_metric_named_exists_and_has_the_labels_that_are_asked_for(Query("made up", wrong))
    with pytest.raises(AssertionError):
        test_every_metric_named_exists_and_has_the_labels_that_are_asked_for(
            Query("made up", "sum by (route) (qiao_projection_parked_keys)")
        )
    with pytest.raises(AssertionError):
        parsed(Query("made up", "sum(rate(qiao_http_request_seconds_count[5m])"))


@pytest.mark.parametrize("query", QUERIES, ids=ids)
def test_quantiles_keep_their_bounds_and_rates_are_taken_of_what_only_rises(query: Query) -> None:
    assert not misuses(query)


def test_a_quantile_without_bounds_and_a_rate_of_a_gauge_are_found() -> None:
    for wrong in (
        "histogram_quantile(0.9, sum by (route) (rate(qiao_http_request_seconds_bucket[5m])))",
        "histogram_quantile(0.9, sum(rate(qiao_http_request_seconds_bucket[5m])))",
        "histogram_quantile(0.9, sum without (le) (rate(qiao_http_request_seconds_bucket[5m])))",
        "rate(qiao_projection_lag_events[5m])",
        "increase(qiao_projection_parked_keys[1h])",
    ):
        assert len(misuses(Query("made up", wrong))) == 1, wrong


def test_variables_and_annotations_are_looked_at_too() -> None:
    looked_at = {query.where for query in QUERIES}
    assert {"gateway.json: $route", "post.json: $projection", "post.json: $topic"} <= looked_at
    assert {f"{path.name}: Alerts" for path in DASHBOARDS} <= looked_at


async def test_routes_projections_and_topics_named_are_those_of_the_platform(tmp_path: Path) -> None:
    settings = Settings(data=str(tmp_path))
    async with open_stores(settings) as stores:
        templates = {route.template for route in routes(stores, Tokens({"one": b"s" * 32}))}
    topics = {spec.name for spec in topic_specs(settings)}
    known = {"route": templates, "projection": set(SERVICES), "topic": topics}
    named = Counter(
        (matcher.name, matcher.value)
        for query in QUERIES
        for selector in selectors(query)
        for matcher in selector.matchers.matchers
        if str(matcher.op).endswith("Equal") and matcher.name in known
    )
    assert len(named) > 3
    for label, value in named:
        assert value in known[label], f"{label}={value}"


def test_a_bucket_that_is_asked_for_is_one_of_its_histogram() -> None:
    metrics.request("/v1/dolls", "GET", 200, 0.1)
    metrics.event_age("dolls", "posts", 0.1)
    shown = set(re.findall(r'^(\w+_bucket)\{.*le="([^"]+)"', exposition().decode(), re.MULTILINE))
    asked = {
        (selector.name, matcher.value)
        for query in QUERIES
        for selector in selectors(query)
        for matcher in selector.matchers.matchers
        if matcher.name == "le"
    }
    assert asked
    assert asked <= shown


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: str(alert["alert"]))
def test_every_alert_has_a_severity_and_a_runbook_that_names_it(alert: dict[str, dict[str, str]]) -> None:
    assert alert["labels"]["severity"] in ("page", "ticket")
    assert {"summary", "description", "runbook"} <= alert["annotations"].keys()
    told = (ROOT / alert["annotations"]["runbook"]).read_text()
    assert f"`{alert['alert']}`" in told
    for part in ("## What it means", "## Look", "## Do"):
        assert part in told


def test_every_runbook_belongs_to_an_alert() -> None:
    runbooks = {path.relative_to(ROOT).as_posix() for path in (ROOT / "docs/operating/runbooks").glob("*.md")}
    assert runbooks == {alert["annotations"]["runbook"] for alert in alerts()}


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "docs/operating/runbooks").glob("*.md")))
def test_a_runbook_says_how_to_reach_what_it_looks_at(name: str) -> None:
    """The image has no curl, and nobody outside reaches a worker's port: what is asked goes through kubectl."""
    told = (ROOT / "docs/operating/runbooks" / name).read_text()
    assert "(../kubernetes.md#look-inside)" in told
    assert "WORKER" not in told
    assert told.count("curl") == len(
        re.findall(r"`kubectl --namespace qiao port-forward [^`]+` and `curl 127\.0\.0\.1:", told)
    )
    assert not re.findall(r"kubectl (?!--namespace qiao)", told)
    assert len(re.findall("roll back", told, re.IGNORECASE)) == told.count("(../kubernetes.md#roll-back)")


def test_what_runbooks_link_to_is_there() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "docs/operating/kubernetes.md").read_text(), re.MULTILINE)
    assert {"Look inside", "Roll back"} <= set(headings)


def test_every_command_that_a_runbook_names_exists_with_its_options() -> None:
    named = set()
    for path in (ROOT / "docs/operating/runbooks").glob("*.md"):
        named.update(re.findall(r"`qiao ([a-z][^`]*)`", path.read_text()))
    assert len(named) > 8
    for line in named:
        check_command(line.split())


def test_a_command_that_does_not_exist_is_found() -> None:
    for wrong in ("unpark feeds", "parked mend feeds PLACE", "audit --fix"):
        with pytest.raises(AssertionError):
            check_command(wrong.split())


def check_command(words: list[str]) -> None:
    """Words as they follow `qiao`; what is in capitals stands for something."""
    command: click.Command = qiao
    while isinstance(command, click.Group) and words and words[0].islower() and not words[0].startswith("-"):
        found = command.get_command(click.Context(command), words[0])
        assert found is not None, words
        words.pop(0)
        command = found
    options = {name for parameter in command.params for name in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= options, words


@pytest.mark.parametrize("name", SHARE)
def test_budgets_are_watched_in_the_workbooks_windows(name: str) -> None:
    """A long window and a short one, each pair with its factor: chapter "Alerting on SLOs", table 5-8."""
    found = {}
    for speed in ("Fast", "Slowly"):
        [rule] = [each for each in alerts() if each["alert"] == f"Qiao{name}BudgetBurns{speed}"]
        terms = re.findall(r"qiao:\w+:rate(\w+) > ([\d.]+) \* ([\d.]+)", rule["expr"])
        assert {float(share) for _, _, share in terms} == {SHARE[name]}
        found[rule["labels"]["severity"]] = [(window, float(factor)) for window, factor, _ in terms]
    assert found == {
        "page": [("1h", 14.4), ("5m", 14.4), ("6h", 6), ("30m", 6)],
        "ticket": [("1d", 3), ("2h", 3), ("3d", 1), ("6h", 1)],
    }


def test_dashboards_say_what_they_are_and_share_nothing_by_mistake() -> None:
    read = [dashboard(path) for path in DASHBOARDS]
    assert {each["uid"] for each in read} == {"qiao-post", "qiao-gateway", "qiao-fanout", "qiao-stores"}
    for each in read:
        assert each["description"]
        numbers = [panel["id"] for panel in each["panels"]]
        assert len(set(numbers)) == len(numbers)
        for panel in each["panels"]:
            assert panel["datasource"]["uid"] == "${datasource}", "whatever the Prometheus is called"
            assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24


def test_every_dashboard_is_given_to_kubernetes_too() -> None:
    made = yaml.safe_load((ROOT / "deploy/dashboards/kustomization.yaml").read_text())["configMapGenerator"]
    assert sorted(name for each in made for name in each["files"]) == [path.name for path in DASHBOARDS]


def test_every_rule_file_is_watched() -> None:
    assert [path.name for path in RULES] == ["objectives.yaml", "symptoms.yaml"]
    assert len({alert["alert"] for alert in alerts()}) == len(alerts())
