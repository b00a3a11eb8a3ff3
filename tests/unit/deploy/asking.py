"""What dashboards and alerts ask Prometheus for."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import promql_parser
import yaml
from promql_parser import AggModifierType, AggregateExpr, BinaryExpr, Call, Expr, MatrixSelector, VectorSelector

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
        for variable in dashboard(path)["templating"]["list"]:
            if variable["type"] == "query":
                yield Query(f"{path.name}: ${variable['name']}", _values(variable["query"]["query"]))
        for annotation in dashboard(path)["annotations"]["list"]:
            yield Query(f"{path.name}: {annotation['name']}", _filled(annotation["expr"]))
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


def misuses(query: Query) -> list[str]:
    """What Prometheus would answer without a word, and wrongly: quantiles without bounds, rates of what may fall."""
    calls = [part for part in _parts(parsed(query)) if isinstance(part, Call)]
    found = [
        each.prettify() for each in calls if each.func.name == "histogram_quantile" and not _keeps_le(each.args[1])
    ]
    rates = [each for each in calls if each.func.name in ("rate", "irate", "increase")]
    return found + [each.prettify() for each in rates if not _only_rises(each.args[0])]


def _keeps_le(buckets: Expr) -> bool:
    aggregated = [part for part in _parts(buckets) if isinstance(part, AggregateExpr)]
    return all(
        part.modifier is not None and part.modifier.type == AggModifierType.By and "le" in part.modifier.labels
        for part in aggregated
    )


def _only_rises(asked: Expr) -> bool:
    if not isinstance(asked, MatrixSelector):
        return False
    return (asked.vector_selector.name or "").endswith(("_total", "_bucket", "_sum", "_count"))


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


def _values(asked: str) -> str:
    """`label_values(series, label)` is Grafana's own word: the same series and label, as Prometheus would be asked."""
    [(series, label)] = re.findall(r"^label_values\((.+), *(\w+)\)$", asked)
    return f"count by ({label}) ({_filled(series)})"


def _filled(text: str) -> str:
    for name, value in _GRAFANA.items():
        text = text.replace(name, value)
    return text
