"""How to reach a Kafka, and how patient to be with it."""

import ssl
from typing import Literal, Self, TypedDict
from urllib.parse import urlsplit

import msgspec

SCHEME = "kafka"


class ClientOptions(TypedDict):
    """What every aiokafka client is given, by aiokafka's own names."""

    bootstrap_servers: str
    client_id: str
    security_protocol: str
    ssl_context: ssl.SSLContext | None
    sasl_mechanism: str
    sasl_plain_username: str | None
    sasl_plain_password: str | None


class KafkaSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where the brokers are, how to sign in, and the times that matter. Without a user there is no SASL."""

    bootstrap: str
    """host:port, several separated by commas."""
    client_id: str = "qiao"
    """What the brokers call us in their logs and quotas."""
    session_timeout_s: float = 30.0
    """How long a member of a group may be away (a restart) before its partitions go to others."""
    rebalance_timeout_s: float = 10.0
    """How long the members of a group have to hand over their partitions, once one comes or goes."""
    delivery_timeout_s: float = 10.0
    """An append that is not acknowledged by then fails, and is not written later either, except what is on
    the wire to the broker: one that was stuck may read it once it no longer is."""
    linger_ms: int = 0
    """How long the producer waits for company. While a request is under way the next ones gather anyway."""
    username: str = ""
    """SASL user; empty for none."""
    password: str = ""
    """SASL password."""
    sasl: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    """SASL mechanism, where there is a user."""
    tls_ca: str = ""
    """File with the authority that signed the brokers' certificates; empty for no TLS."""

    @classmethod
    def from_url(cls, url: str, **options: str | float) -> Self:
        """From `kafka://host:port[,host:port]` and any of the fields above. Raises ValueError."""
        parts = urlsplit(url)
        hosts = parts.netloc.split(",")
        if parts.scheme != SCHEME or parts.path.strip("/") or parts.query or not all(map(_is_address, hosts)):
            raise ValueError("a Kafka is named as kafka://host:port[,host:port], with nothing before or after")
        return msgspec.convert({"bootstrap": ",".join(hosts), **options}, cls)

    def __repr__(self) -> str:
        """Without the password."""
        return f"KafkaSettings({self.bootstrap!r}, client_id={self.client_id!r}, username={self.username!r})"

    def client_options(self) -> ClientOptions:
        """For any client of aiokafka. Raises OSError where the authority's file cannot be read."""
        secured = ssl.create_default_context(cafile=self.tls_ca) if self.tls_ca else None
        return ClientOptions(
            bootstrap_servers=self.bootstrap,
            client_id=self.client_id,
            security_protocol=("SASL_" if self.username else "") + ("SSL" if secured else "PLAINTEXT"),
            ssl_context=secured,
            sasl_mechanism=self.sasl,
            sasl_plain_username=self.username or None,
            sasl_plain_password=self.password or None,
        )


def _is_address(text: str) -> bool:
    host, colon, port = text.rpartition(":")
    return bool(host and colon and port.isdigit() and "@" not in host)
