"""Alerts on Kubernetes are those of deploy/alerts."""

import yaml

from tests.unit.k8s.rendering import K8S, PRODUCTION, ROOT, of_kind

COMPONENT = K8S / "components" / "monitoring"


def test_the_rules_of_the_operator_are_those_of_deploy_alerts() -> None:
    """If not: `python k8s/components/monitoring/rules.py` writes them anew."""
    written = {
        each["metadata"]["name"]: each["spec"] for each in yaml.safe_load_all((COMPONENT / "rules.yaml").read_text())
    }
    assert written == {
        path.stem: yaml.safe_load(path.read_text()) for path in (ROOT / "deploy" / "alerts").glob("*.yaml")
    }


def test_production_has_them() -> None:
    for overlay in PRODUCTION:
        alerts = [
            rule["alert"]
            for each in of_kind(overlay, "PrometheusRule").values()
            for group in each["spec"]["groups"]
            for rule in group["rules"]
            if "alert" in rule
        ]
        assert alerts
