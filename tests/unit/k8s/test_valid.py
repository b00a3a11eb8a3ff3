"""Every overlay renders, and every object in it is one that a cluster takes, to the last field."""

import json

import jsonschema
import kubernetes_validate
import pytest

from tests.unit.k8s.rendering import K8S, OVERLAYS, Object, render

CUSTOM = {path.stem: json.loads(path.read_text()) for path in (K8S / "schemas").glob("*.json")}
VERSION = "1.37"


def check(thing: Object) -> None:
    """Raises what the validator of its kind raises."""
    if thing["kind"] in CUSTOM:
        jsonschema.validate(thing, CUSTOM[thing["kind"]])
    else:
        kubernetes_validate.validate(thing, VERSION, strict=True)


@pytest.mark.slow
@pytest.mark.parametrize("overlay", OVERLAYS)
def test_every_object_is_valid_to_the_last_field(overlay: str) -> None:
    for thing in render(overlay):
        check(thing)


def test_a_misspelt_field_is_refused_in_kubernetes_kinds_and_in_custom_ones() -> None:
    for kind in ("Deployment", "HTTPRoute", "ServiceMonitor", "Kafka", "K8ssandraCluster"):
        [thing, *_] = [each for each in render("prod") if each["kind"] == kind]
        with pytest.raises((jsonschema.ValidationError, kubernetes_validate.ValidationError)):
            check(thing | {"spec": thing["spec"] | {"replica": 1}})


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_no_two_objects_share_kind_and_name_and_all_live_in_one_namespace(overlay: str) -> None:
    names = [(each["kind"], each["metadata"]["name"]) for each in render(overlay)]
    assert len(set(names)) == len(names)
    assert {each["metadata"].get("namespace", "qiao") for each in render(overlay)} == {"qiao"}
