"""TLS to Cassandra: nodes of a cluster come and go with their addresses, so a name may stand for all of them."""

import datetime
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from cassandra.cluster import NoHostAvailable
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from libs.cassandra.connecting import new_cluster
from libs.cassandra.settings import CassandraSettings

NAME = "cassandra.qiao"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for NAME that vouches for itself, in one file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path_factory.mktemp("tls") / "node.pem"
    path.write_bytes(pem + signed.public_bytes(serialization.Encoding.PEM))
    return path


@contextmanager
def node(certificate: Path) -> Iterator[tuple[int, list[str]]]:
    """A port that takes one client's handshake, hears a byte of it, and hangs up; what came of it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    heard: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            client, _ = listener.accept()
            try:
                with context.wrap_socket(client, server_side=True) as secured:
                    heard.append("trusted" if secured.recv(1) else "hung up")
            except OSError:
                heard.append("refused")

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1], heard
        thread.join(10)


@pytest.mark.slow
@pytest.mark.parametrize(("tls_name", "outcome"), [(NAME, "trusted"), ("", "refused"), ("other.example", "refused")])
def test_a_node_is_known_by_the_name_that_all_of_them_carry(certificate: Path, tls_name: str, outcome: str) -> None:
    with node(certificate) as (port, heard):
        settings = CassandraSettings.parse(
            f"cassandra://127.0.0.1:{port}/qiao", tls_ca=str(certificate), tls_name=tls_name
        )
        with pytest.raises(NoHostAvailable):
            new_cluster(settings)
    assert heard == [outcome]
