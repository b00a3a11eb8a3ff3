"""Makes a strict schema of a CustomResourceDefinition: `python k8s/schemas/vendor.py CRD.yaml VERSION > Kind.json`."""

import json
import sys
from pathlib import Path
from typing import Any

import yaml

_LEFT_OUT = {
    "description",
    "default",
    "x-kubernetes-validations",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-map-type",
}
_LEFT_OUT |= {"x-kubernetes-list-type", "format"}


def strict(schema: dict[str, Any]) -> dict[str, Any]:
    """Without prose, and with no property that is not named: Kubernetes would drop it in silence."""
    kept = {key: value for key, value in schema.items() if key not in _LEFT_OUT}
    if "(?i)" in kept.get("pattern", ""):  # Go takes it anywhere, Python at the start alone
        kept["pattern"] = "(?i)" + kept["pattern"].replace("(?i)", "")
    if kept.pop("x-kubernetes-int-or-string", False):
        kept |= {"type": ["integer", "string"]}
    if kept.pop("x-kubernetes-preserve-unknown-fields", False):
        return kept
    if "properties" in kept:
        kept["properties"] = {name: strict(each) for name, each in kept["properties"].items()}
        kept.setdefault("additionalProperties", False)
    for inner in ("items", "additionalProperties"):
        if isinstance(kept.get(inner), dict):
            kept[inner] = strict(kept[inner])
    return kept


def main(path: str, version: str) -> None:
    """Print the schema of one version."""
    crd = yaml.safe_load(Path(path).read_text())
    [found] = [each["schema"]["openAPIV3Schema"] for each in crd["spec"]["versions"] if each["name"] == version]
    found["properties"].pop("status", None)
    group, kind = crd["spec"]["group"], crd["spec"]["names"]["kind"]
    schema = strict(found)
    schema["properties"] |= {"apiVersion": {"const": f"{group}/{version}"}, "kind": {"const": kind}}
    print(json.dumps(schema, sort_keys=True, separators=(",", ":")))


if __name__ == "__main__":
    main(*sys.argv[1:])
