"""What dashboards and alerts ask Prometheus for."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import promql_parser
import yaml
from promql_parser import AggregateExpr, BinaryExpr, Expr, MatrixSelector, VectorSelector

ROOT = Path(__file__).resolve().parents[3]
DASHBOARDS = sorted((ROOT / "deploy" / "dashboards").glob("*.json"))
RULES = sorted((ROOT / "deploy" / "alerts").glob("*.yaml"))

_GRAFANA = {"$__rate_interval": "5m", "${datasource}": "prometheus"}
"""What Grafana puts in by itself, wherever a duration stands."""


class Query(NamedTuple):
    """One expression and where it stands."""

    where: str
    text: str


def dashboard(path: Path) -> dict[str, Any]:
    """As Grafana reads it."""
    read: dict[str, Any] = json.loads(path.read_text())
    return read


def rules(path: Path) -> list[dict[str, Any]]:
    """Every rule of every group of a file."""
    return [rule for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]]


def all_rules() -> list[dict[str, Any]]:
    """Of every file."""
    return [rule for path in RULES for rule in rules(path)]


def alerts() -> list[dict[str, Any]]:
    """The rules that may wake somebody."""
    return [rule for rule in all_rules() if "alert" in rule]


def queries() -> Iterator[Query]:
    """Every expression of every dashboard and rule, as Prometheus would get it."""
    for path in DASHBOARDS:
        for panel in dashboard(path)["panels"]:
            for target in panel["targets"]:
                yield Query(f"{path.name}: {panel['title']}", _filled(target["expr"]))
    for rule in all_rules():
        yield Query(rule.get("alert") or rule["record"], rule["expr"])


def parsed(query: Query) -> Expr:
    """Raises AssertionError where Prometheus would not understand it."""
    try:
        return promql_parser.parse(query.text)
    except ValueError as error:
        raise AssertionError(f"{query.where}: {error} in {query.text}") from error


def selectors(query: Query) -> list[VectorSelector]:
    """Every series that it asks for."""
    found = []
    for part in _parts(parsed(query)):
        if isinstance(part, MatrixSelector):
            found.append(part.vector_selector)
        elif isinstance(part, VectorSelector):
            found.append(part)
    return found


def groupings(query: Query) -> set[str]:
    """The labels that it adds up or matches by."""
    found: set[str] = set()
    for part in _parts(parsed(query)):
        if isinstance(part, AggregateExpr) and part.modifier:
            found.update(part.modifier.labels)
        if isinstance(part, BinaryExpr) and part.modifier and part.modifier.matching:
            found.update(part.modifier.matching.labels)
    return found


def _parts(expression: Expr) -> list[Expr]:
    parts: list[Expr] = []
    promql_parser.walk(expression, lambda part: parts.append(part))
    return parts


def _filled(text: str) -> str:
    for name, value in _GRAFANA.items():
        text = text.replace(name, value)
    return text
