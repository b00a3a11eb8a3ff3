"""Where Cassandra is and how to sign in to it."""

import re
from urllib.parse import urlsplit

import msgspec

DEFAULT_PORT = 9042

_KEYSPACE = re.compile(r"[a-z][a-z0-9_]{0,47}")


class CassandraSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Made from a URL by `parse`, and from settings that do not belong into one."""

    hosts: tuple[str, ...]
    """Some nodes of the cluster to begin with; the driver finds the others."""

    keyspace: str
    port: int = DEFAULT_PORT
    datacenter: str = ""
    """The local datacenter, whose nodes alone are asked. Empty: that of the first node reached."""

    replication: int = 1
    """Copies of each row in the local datacenter, for the keyspace when `migrate` creates it."""

    username: str = ""
    password: str = ""
    tls_ca: str = ""
    """Path of the certificates to trust; empty talks in the clear."""
    tls_name: str = ""
    """The name that every node's certificate carries; empty where each carries its own address."""

    def __repr__(self) -> str:
        """Without the password."""
        return f"CassandraSettings({','.join(self.hosts)}:{self.port}/{self.keyspace})"

    @classmethod
    def parse(
        cls,
        url: str,
        *,
        datacenter: str = "",
        replication: int = 1,
        username: str = "",
        password: str = "",
        tls_ca: str = "",
        tls_name: str = "",
    ) -> "CassandraSettings":
        """From `cassandra://host[:port][,host...]/keyspace`: one port for all. Raises ValueError."""
        hosts, port, keyspace = _split(url)
        return cls(
            hosts=hosts,
            port=port,
            keyspace=keyspace,
            datacenter=datacenter,
            replication=replication,
            username=username,
            password=password,
            tls_ca=tls_ca,
            tls_name=tls_name,
        )


def _split(url: str) -> tuple[tuple[str, ...], int, str]:
    parts = urlsplit(url)
    keyspace = parts.path.strip("/")
    if parts.scheme != "cassandra" or not parts.netloc or "@" in parts.netloc:
        raise ValueError(f"{url}: expected cassandra://host[:port][,host...]/keyspace, credentials set apart")
    if not _KEYSPACE.fullmatch(keyspace):
        raise ValueError(f"{url}: a keyspace is up to 48 lower-case letters, digits and underscores, not {keyspace!r}")
    places = [place.partition(":") for place in parts.netloc.split(",")]
    hosts = tuple(host for host, _, _ in places)
    port, *others = {port for _, _, port in places if port} or {str(DEFAULT_PORT)}
    if others or not port.isdecimal() or not all(hosts):
        raise ValueError(f"{url}: every host needs a name, and all the same port")
    return hosts, int(port), keyspace
