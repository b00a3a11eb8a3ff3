"""Backups are taken in the cluster, by jobs that are told what Qiao's own pods are told."""

import re

import click
import pytest

from qiao.cli import qiao
from qiao.settings import load
from tests.unit.k8s.rendering import PRODUCTION, ROOT, backups, container, of_kind, pod, roles, variables
from tests.unit.k8s.test_network import labels_of, opened
from tests.unit.k8s.test_pods import breaches

each_overlay = pytest.mark.parametrize("overlay", PRODUCTION)


@each_overlay
def test_there_is_one_for_the_log_and_one_for_the_vault_and_neither_starts_by_itself(overlay: str) -> None:
    assert backups(overlay).keys() == {"capture", "vault-backup"}
    assert all(each["spec"]["suspend"] for each in of_kind(overlay, "CronJob").values())


@each_overlay
def test_their_commands_exist_and_write_a_file_of_their_own_to_the_volume(overlay: str) -> None:
    for job in backups(overlay).values():
        *words, file = container(job)["args"]
        assert known(words)
        assert re.fullmatch(r"/backup/\$\(JOB\)\.(qiao|backup)", file)
        [name] = [each for each in container(job)["env"] if each["name"] == "JOB"]
        assert name["valueFrom"]["fieldRef"]["fieldPath"] == "metadata.labels['batch.kubernetes.io/job-name']"
        [mount] = [each for each in container(job)["volumeMounts"] if each["mountPath"] == "/backup"]
        assert not mount.get("readOnly")
        [volume] = [each for each in pod(job)["spec"]["volumes"] if each["name"] == mount["name"]]
        assert volume["persistentVolumeClaim"]["claimName"] in of_kind(overlay, "PersistentVolumeClaim")


def known(words: list[str]) -> bool:
    command: click.Command | None = qiao
    for word in words:
        assert isinstance(command, click.Group)
        command = command.get_command(click.Context(command), word)
    return command is not None


@each_overlay
def test_they_are_told_and_allowed_what_migrate_is(overlay: str) -> None:
    migrate = roles(overlay)["migrate"]
    for job in backups(overlay).values():
        mine, theirs = container(job), container(migrate)
        assert all(each in mine["env"] for each in theirs["env"])
        assert all(each in mine["volumeMounts"] for each in theirs["volumeMounts"])
        assert all(each in pod(job)["spec"]["volumes"] for each in pod(migrate)["spec"]["volumes"])
        for part in ("image", "envFrom", "securityContext"):
            assert mine[part] == theirs[part]
        assert not load(variables(overlay, job)).embedded
        for direction in ("ingress", "egress"):
            assert opened(overlay, labels_of(job), direction) == opened(overlay, labels_of(migrate), direction)


@each_overlay
def test_they_keep_the_restricted_level_and_have_no_token(overlay: str) -> None:
    for job in backups(overlay).values():
        assert not breaches(pod(job)["spec"])
        assert pod(job)["spec"]["automountServiceAccountToken"] is False
        assert {"cpu", "memory"} <= container(job)["resources"]["limits"].keys()


def test_the_manual_starts_those_that_there_are() -> None:
    told = (ROOT / "docs" / "operating" / "backup.md").read_text()
    assert set(re.findall(r"--from=cronjob/([\w-]+)", told)) == backups("prod").keys()


def test_the_passphrase_is_one_secret_more_of_which_the_sample_shows_the_shape() -> None:
    [told] = [each for each in container(backups("prod")["vault-backup"])["env"] if each["name"] == "QIAO_PASSPHRASE"]
    assert told["valueFrom"]["secretKeyRef"] == {"name": "qiao-backup", "key": "passphrase"}
    assert "name: qiao-backup," in (ROOT / "k8s" / "overlays" / "prod" / "secrets.sample.yaml").read_text()
