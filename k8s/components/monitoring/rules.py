"""Writes rules.yaml: the rules of deploy/alerts, as the operator of Prometheus wants them.

python k8s/components/monitoring/rules.py
"""

from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).resolve().parent
ALERTS = HERE.parents[2] / "deploy" / "alerts"
TARGET = HERE / "rules.yaml"
_HEAD = "# Made of deploy/alerts by rules.py beside this file: change it there.\n"


def rendered() -> str:
    """What rules.yaml must hold: a PrometheusRule for each file of deploy/alerts."""
    rules = [_rule(path.stem, yaml.safe_load(path.read_text())) for path in sorted(ALERTS.glob("*.yaml"))]
    return _HEAD + yaml.safe_dump_all(rules, sort_keys=False, width=120)


def _rule(name: str, spec: Any) -> dict[str, Any]:
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": name},
        "spec": spec,
    }


if __name__ == "__main__":
    TARGET.write_text(rendered())
