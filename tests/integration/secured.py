"""Servers that let nobody in without TLS and a password, as production's do."""

import datetime
import ipaddress
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.protocol.admin import CreateAclsRequest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from libs.log.kafka import KafkaSettings
from qiao.servers import CassandraServer, KafkaServer
from qiao.servers.ports import LOOPBACK

USER, PASSWORD = "qiao-kafka", "not-a-secret-but-a-test"
ADMIN = "admin"

_KAFKA = """
listener.security.protocol.map=SASL_SSL:SASL_SSL,CONTROLLER:PLAINTEXT
inter.broker.listener.name=SASL_SSL
sasl.enabled.mechanisms=SCRAM-SHA-512
sasl.mechanism.inter.broker.protocol=SCRAM-SHA-512
listener.name.sasl_ssl.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required username="{admin}" password="{password}";
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:{admin};User:ANONYMOUS
ssl.keystore.type=PEM
ssl.keystore.location={certificate}
ssl.truststore.type=PEM
ssl.truststore.location={authority}
"""
_CASSANDRA = """
authenticator: PasswordAuthenticator
authorizer: CassandraAuthorizer
client_encryption_options:
  enabled: true
  optional: false
  require_client_auth: false
  ssl_context_factory:
    class_name: org.apache.cassandra.security.PEMBasedSslContextFactory
  keystore: {certificate}
  truststore: {authority}
"""


def make_certificate(directory: Path) -> tuple[Path, Path]:
    """A key with its certificate for the loopback address, and the authority that vouches for it: itself."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "local servers")])
    named = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(LOOPBACK))])
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(named, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    certificate, authority = directory / "server.pem", directory / "authority.pem"
    certificate.write_bytes(private + signed)
    authority.write_bytes(signed)
    return certificate, authority


class SecuredKafka(KafkaServer):
    """SCRAM-SHA-512 over TLS, for a user who may nothing until it is granted, and an admin who may everything.

    ANONYMOUS is the broker itself, at the controller's port.
    """

    def __init__(self, directory: Path, certificate: Path, authority: Path) -> None:
        """With this key and certificate, trusting that authority."""
        super().__init__(directory)
        self._told = _KAFKA.format(admin=ADMIN, password=PASSWORD, certificate=certificate, authority=authority)

    def _format(self, jars: Path) -> None:
        plain = self._config.read_text().replace("=PLAINTEXT://", "=SASL_SSL://")
        self._config.write_text(plain + self._told)
        command = [*self._java(jars), "kafka.tools.StorageTool", "format", "-t", "cWlhby1sb2NhbC1rYWZrYQ"]
        command += ["-c", str(self._config)]
        for user in (USER, ADMIN):
            command += ["--add-scram", f"SCRAM-SHA-512=[name={user},password={PASSWORD}]"]
        subprocess.run(command, check=True, capture_output=True, timeout=60)


async def grant(settings: KafkaSettings, acls: Sequence[Mapping[str, Any]]) -> None:
    """Let USER do what the list of a KafkaUser says. Raises AssertionError where Kafka does not take it."""
    admin = AIOKafkaAdminClient(**settings.client_options())
    await admin.start()
    try:
        for acl in acls:
            resource = acl["resource"]
            name = resource.get("name", "kafka-cluster")
            pattern = _PATTERNS[resource.get("patternType", "literal")]
            for operation in acl["operations"]:
                codes = (f"User:{USER}", "*", _OPERATIONS[operation], _ALLOW)
                request = CreateAclsRequest(_RESOURCES[resource["type"]], name, pattern, *codes)
                response = await admin._send_to_controller(request)
                assert [code for code, _ in response.creation_responses] == [0]
    finally:
        await admin.close()


_RESOURCES = {"topic": 2, "group": 3, "cluster": 4}
_PATTERNS = {"literal": 3, "prefix": 4}
_OPERATIONS = {"Read": 3, "Write": 4, "Create": 5, "Describe": 8, "DescribeConfigs": 10, "IdempotentWrite": 12}
_ALLOW = 3
"""Kafka's numbers for these words."""


class SecuredCassandra(CassandraServer):
    """Passwords over TLS, for the user that a new Cassandra has."""

    user = password = "cassandra"

    def __init__(self, directory: Path, certificate: Path, authority: Path) -> None:
        """With this key and certificate, trusting that authority."""
        super().__init__(directory)
        self._told = _CASSANDRA.format(certificate=certificate, authority=authority)

    def _prepare(self, jars: Path) -> None:
        super()._prepare(jars)
        self._config.write_text(self._config.read_text() + self._told)

    def _command(self, jars: Path) -> list[str]:
        java, *others = super()._command(jars)
        return [java, "-Dcassandra.superuser_setup_delay_ms=0", *others]
