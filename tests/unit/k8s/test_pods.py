"""What holds for every pod, whatever it runs."""

import re
from typing import Any

import pytest
import yaml

from qiao import settings
from tests.unit.k8s.rendering import K8S, OVERLAYS, Object, backups, container, of_kind, pod, roles, running, variables

each_overlay = pytest.mark.parametrize("overlay", OVERLAYS)


@each_overlay
def test_the_namespace_enforces_the_restricted_level_and_every_pod_keeps_it(overlay: str) -> None:
    [namespace] = of_kind(overlay, "Namespace").values()
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "restricted"
    for thing in running(overlay).values():
        assert not breaches(pod(thing)["spec"]), thing["metadata"]["name"]


def breaches(spec: Object) -> list[str]:
    """What Pod Security would refuse at the level restricted."""
    found = [name for name in ("hostNetwork", "hostPID", "hostIPC") if spec.get(name)]
    found += [each["name"] for each in spec.get("volumes", ()) if not each.keys() & _VOLUMES]
    for each in [*spec["containers"], *spec.get("initContainers", ())]:
        context: dict[str, Any] = spec.get("securityContext", {}) | each.get("securityContext", {})
        wanted = {
            "runAsNonRoot": context.get("runAsNonRoot") is True and context.get("runAsUser") != 0,
            "seccomp": context.get("seccompProfile", {}).get("type") in ("RuntimeDefault", "Localhost"),
            "escalation": context.get("allowPrivilegeEscalation") is False,
            "capabilities": context.get("capabilities") == {"drop": ["ALL"]},
            "privileged": not context.get("privileged"),
        }
        found += [name for name, kept in wanted.items() if not kept]
    return found


_VOLUMES = {"configMap", "emptyDir", "persistentVolumeClaim", "projected", "secret"}


def test_a_breach_is_found() -> None:
    spec = pod(roles("dev")["gateway"])["spec"]
    assert breaches(spec | {"securityContext": {}}) == ["runAsNonRoot", "seccomp"]
    assert breaches(spec | {"volumes": [{"name": "host", "hostPath": {"path": "/"}}]}) == ["host"]


@each_overlay
def test_qiao_writes_nowhere_but_in_a_bounded_tmp(overlay: str) -> None:
    for thing in roles(overlay).values():
        assert container(thing)["securityContext"]["readOnlyRootFilesystem"] is True
        writable = [each["mountPath"] for each in container(thing)["volumeMounts"] if not each.get("readOnly")]
        assert writable == ["/tmp"]
        [tmp] = [each["emptyDir"] for each in pod(thing)["spec"]["volumes"] if each["name"] == "tmp"]
        assert tmp["sizeLimit"]


@each_overlay
def test_every_role_has_a_service_account_of_its_own_and_no_pod_a_token(overlay: str) -> None:
    accounts = of_kind(overlay, "ServiceAccount")
    used = {pod(thing)["spec"]["serviceAccountName"] for thing in roles(overlay).values()}
    used |= {pod(each)["spec"]["serviceAccountName"] for each in backups(overlay).values()}
    assert used == accounts.keys() == {"gateway", "worker", "migrate"} | ({"backup"} if backups(overlay) else set())
    assert not any(each["automountServiceAccountToken"] for each in accounts.values())
    assert not any(pod(thing)["spec"]["automountServiceAccountToken"] for thing in running(overlay).values())


@each_overlay
def test_every_container_says_what_it_needs_and_what_it_may_take(overlay: str) -> None:
    for thing in running(overlay).values():
        resources = container(thing)["resources"]
        assert {"cpu", "memory"} <= resources["requests"].keys()
        assert {"cpu", "memory"} <= resources["limits"].keys()


@each_overlay
def test_every_role_runs_the_one_image_and_no_other_image_is_of_no_version(overlay: str) -> None:
    assert {container(thing)["image"].split(":")[0] for thing in roles(overlay).values()} == {"qiao"}
    others = [container(thing)["image"] for name, thing in running(overlay).items() if name not in roles(overlay)]
    assert all(re.search(r":\d+\.\d+\.\d+$", image) for image in others)


@each_overlay
def test_qiao_takes_the_settings_of_every_role_as_they_are(overlay: str) -> None:
    for thing in roles(overlay).values():
        loaded = settings.load(variables(overlay, thing))
        assert not loaded.embedded


@each_overlay
def test_settings_that_change_roll_the_pods(overlay: str) -> None:
    used = {each["configMapRef"]["name"] for thing in roles(overlay).values() for each in container(thing)["envFrom"]}
    [name] = used
    assert re.fullmatch(r"qiao-settings-[a-z0-9]{10}", name)


@each_overlay
def test_secrets_are_named_and_never_contained(overlay: str) -> None:
    assert not of_kind(overlay, "Secret")
    secret = re.compile(r"PASSWORD|SECRET|KEY")
    for each in of_kind(overlay, "ConfigMap").values():
        assert not [name for name in each["data"] if secret.search(name)]
    for thing in roles(overlay).values():
        told = {each["name"]: each for each in container(thing)["env"] if secret.search(each["name"])}
        assert {"QIAO_SECRET", "QIAO_MASTER_KEY"} <= told.keys()
        assert all("secretKeyRef" in each["valueFrom"] for each in told.values())


def test_the_sample_of_secrets_has_every_secret_and_key_that_is_asked_for_and_nothing_real() -> None:
    loaded = list(yaml.safe_load_all((K8S / "overlays" / "prod" / "secrets.sample.yaml").read_text()))
    samples = {each["metadata"]["name"]: each.get("stringData", {}) | each.get("data", {}) for each in loaded}
    assert all("REPLACE" in value or value == "UkVQTEFDRQ==" for each in samples.values() for value in each.values())
    made_by_strimzi = {"qiao-kafka", "qiao-cluster-ca-cert"}
    for name, key in asked_for():
        assert name in made_by_strimzi or key in samples[name]


def asked_for() -> set[tuple[str, str]]:
    """(secret, key) of everything that Qiao's pods take from secrets in production."""
    found: set[tuple[str, str]] = set()
    for thing in roles("prod").values():
        references = [each["valueFrom"].get("secretKeyRef") for each in container(thing)["env"]]
        found |= {(each["name"], each["key"]) for each in references if each}
        for volume in pod(thing)["spec"]["volumes"]:
            secrets = [source["secret"] for source in volume.get("projected", {}).get("sources", ())]
            found |= {(each["name"], item["key"]) for each in secrets for item in each["items"]}
    return found
