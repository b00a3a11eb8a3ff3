"""Kafka that demands TLS and SASL, Cassandra that demands TLS and a password: settings are all that Qiao needs.

Kafka grants what the manifests of production ask for, and nothing more.
"""

import asyncio
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import TopicAuthorizationFailedError

from libs.log.kafka import KafkaSettings
from qiao.cluster import kafka_settings
from qiao.load.gateway import Gateway
from qiao.servers.ports import free_port
from qiao.settings import load
from tests.integration.cluster import MIGRATE_TIMEOUT, ROOT, Role, environment
from tests.integration.day import SEED, Day
from tests.integration.load import Life
from tests.integration.secured import ADMIN, PASSWORD, USER, SecuredCassandra, SecuredKafka, grant, make_certificate
from tests.unit.k8s.rendering import of_kind

pytestmark = [pytest.mark.servers, pytest.mark.timeout(300), pytest.mark.may_stall]


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """The environment of a process that such servers let in."""
    directory = tmp_path_factory.mktemp("secured")
    certificate, authority = make_certificate(directory)
    kafka = SecuredKafka(directory / "kafka", certificate, authority)
    cassandra = SecuredCassandra(directory / "cassandra", certificate, authority)
    try:
        kafka.start()
        cassandra.start()
        kafka.wait_ready()
        cassandra.wait_ready()
        [user] = of_kind("prod", "KafkaUser").values()
        admin = KafkaSettings(bootstrap=kafka.address, username=ADMIN, password=PASSWORD, tls_ca=str(authority))
        asyncio.run(grant(admin, user["spec"]["authorization"]["acls"]))
        yield environment(
            listen=f"127.0.0.1:{free_port()}",
            log=f"kafka://{kafka.address}",
            views=f"cassandra://{cassandra.address}/qiao",
            kafka_username=USER,
            kafka_password=PASSWORD,
            kafka_tls_ca=str(authority),
            cassandra_username=cassandra.user,
            cassandra_password=cassandra.password,
            cassandra_tls_ca=str(authority),
        )
    finally:
        cassandra.stop()
        kafka.stop()


def migrate(told: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "qiao", "migrate"]
    return subprocess.run(
        command, cwd=ROOT, env=told, capture_output=True, text=True, timeout=MIGRATE_TIMEOUT, check=False
    )


async def test_every_role_works_on_servers_that_demand_tls_and_a_password(
    secured: Mapping[str, str], tmp_path: Path
) -> None:
    done = migrate(secured)
    assert done.returncode == 0, done.stderr
    roles = [Role(name, [name], secured, tmp_path) for name in ("worker", "gateway")]
    try:
        worker, gateway = (role.start() for role in roles)
        settings = load({name: value for name, value in secured.items() if name.startswith("QIAO_")})
        day = Day(Gateway.listening_on(*settings.address), settings, gateway, Life(SEED))
        await day.ready()
        await day.arrive(4)
        async with day.trouble("nothing at all"):
            pass
        await day.all_is_right()
        assert worker.status is None
    finally:
        for role in roles:
            role.clean_up()


@pytest.mark.parametrize(
    "wrong",
    [
        {"QIAO_KAFKA_PASSWORD": "wrong"},
        {"QIAO_KAFKA_TLS_CA": ""},
        {"QIAO_CASSANDRA_PASSWORD": "wrong"},
        {"QIAO_CASSANDRA_TLS_CA": ""},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_process_that_is_not_let_in_says_which_server_refuses(
    secured: Mapping[str, str], wrong: Mapping[str, str]
) -> None:
    done = migrate({**secured, "QIAO_START_TIMEOUT": "3", **wrong})
    assert done.returncode == 2
    [name] = wrong
    assert ("Kafka" if "KAFKA" in name else "Cassandra").upper() in done.stderr.upper()
    assert "Traceback" not in done.stderr


async def test_qiao_may_not_delete_a_topic(secured: Mapping[str, str]) -> None:
    done = migrate(secured)
    assert done.returncode == 0, done.stderr
    settings = load({name: value for name, value in secured.items() if name.startswith("QIAO_")})
    admin = AIOKafkaAdminClient(**kafka_settings(settings).client_options())
    await admin.start()
    try:
        response = await admin.delete_topics(["posts"])
    finally:
        await admin.close()
    assert response.topic_error_codes == [("posts", TopicAuthorizationFailedError.errno)]
