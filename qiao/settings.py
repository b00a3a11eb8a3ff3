"""Settings: `QIAO_*` variables, typed, documented here and nowhere else; a wrong one is refused at start by name."""

import ast
import inspect
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
import msgspec.inspect

PREFIX = "QIAO_"

Switch = Literal["on", "off"]
Count = Annotated[int, msgspec.Meta(ge=1, le=100_000_000)]
Seconds = Annotated[float, msgspec.Meta(ge=0, le=3600)]


class SettingsInvalid(ValueError):
    """A variable that cannot be used. The message names it and says what it may be."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that can be set from outside. A field `data` is the variable `QIAO_DATA`."""

    data: str = "./qiao-data"
    """Where the embedded log, views and vault live, and the secrets that were made for them."""
    listen: str = "127.0.0.1:8080"
    """host:port of the gateway. Nobody else reaches it unless you say so."""
    log: str = "embedded"
    """embedded, or kafka://host:port[,host:port]."""
    views: str = "embedded"
    """embedded, or cassandra://host[:port][,host]/keyspace. The vault lives beside the views."""
    secret: str = ""
    """Signs tokens, cursors and positions: 32 characters or more. New ones first, comma-separated, while they rotate.
    Made and kept under QIAO_DATA in the embedded default."""
    master_key: str = ""
    """Wraps people's sealing keys: 64 hexadecimal digits. Made and kept under QIAO_DATA in the embedded default."""
    instance: str = ""
    """This process's name in its consumer groups: stable over restarts, one process each. Default: the host name."""
    rate_limits: Switch = "on"
    """off for loads and tests: then nobody is limited, whatever the limits below say."""
    limit_per_address: str = "3000/minute"
    """Requests from one address (IPv6: one /64) to one gateway process, per second, minute, hour or day: 600/minute.
    Many people may share an address."""
    limit_per_account: str = "1200/minute"
    """Requests of one account to one gateway process, in the same form."""
    limit_strict_per_address: str = "60/minute"
    """Sign-ins and registrations from one address to one gateway process, in the same form."""
    trusted_proxies: Annotated[int, msgspec.Meta(ge=0, le=8)] = 0
    """How many proxies and balancers of yours stand in front of the gateway, 0 to 8: that many entries of
    X-Forwarded-For are believed, from its end. Too few and everyone behind the proxy shares one limit per address; too
    many and a client can claim any address."""
    sample: Literal["on", "off", "public"] = "on"
    """on: `qiao up` makes a small sample world in an embedded directory that nobody has been in, if it listens to this
    machine only. public: wherever it listens, though everyone knows the password of its people. off for loads and
    tests."""
    follower_threshold: Count = 10_000
    """An author who ever had more followers is pulled at reading instead of pushed."""
    partitions: Annotated[int, msgspec.Meta(ge=1, le=100)] = 12
    """Partitions of a new topic. Fixed for ever: keys must stay put. 48 in production; at most 100, so
    that a post's tallies are read at once."""
    replication: Count = 1
    """Copies of new topics and keyspaces. 3 in production."""
    min_insync: Count = 1
    """Copies that must have an event before it is acknowledged. 2 in production."""
    metrics_listen: str = ""
    """host:port for /metrics, /livez and /readyz of a worker; empty for none."""
    admins: str = ""
    """Handles of those who may look behind the scenes (/debug and /v1/debug), comma-separated. Register them first:
    a handle is whose comes first. Empty for nobody; in a sample world that only this machine reaches, mei."""
    start_timeout: Seconds = 60
    """How long a process that starts keeps trying to reach Kafka and Cassandra, and waits for `qiao migrate`, before it
    ends with status 1, in seconds."""
    drain_delay: Seconds = 0
    """How long the gateway goes on accepting after it has said that it is not ready, in seconds."""
    log_format: Literal["auto", "text", "json"] = "auto"
    """auto is text on a terminal and JSON elsewhere."""
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    """What is worth a line."""
    otlp_endpoint: str = ""
    """Where traces go, such as http://collector:4318; empty for none."""
    otlp_sample: Annotated[float, msgspec.Meta(ge=0, le=1)] = 1.0
    """The share of traces to send there, from 0 to 1. What `qiao up` keeps itself it keeps whole."""
    audit: Switch = "on"
    """on: `qiao up` and `qiao worker` fold the history of a few keys afresh, now and then, and compare it with the live
    rows. `qiao audit show` tells what they found."""
    audit_rate: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 20
    """How many keys a minute a process audits at most."""
    traces: Literal["local", "off"] = "local"
    """local: `qiao up` keeps its traces in QIAO_DATA/traces.db, for `qiao trace`, unless a collector gets them."""
    traces_parts: Count = 50_000
    """How many requests and batches it keeps at most; the oldest go first."""
    traces_megabytes: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 64
    """How large that file grows at most, besides its write-ahead log of a few megabytes."""
    traces_hours: Annotated[int, msgspec.Meta(ge=1, le=8_760)] = 72
    """How long it keeps them at most."""
    kafka_username: str = ""
    """SASL user; empty for none."""
    kafka_password: str = ""
    """SASL password."""
    kafka_tls_ca: str = ""
    """File with the authority that signed the brokers' certificates; empty for no TLS."""
    cassandra_username: str = ""
    """User; empty for none."""
    cassandra_password: str = ""
    """Password."""
    cassandra_tls_ca: str = ""
    """File with the authority that signed the nodes' certificates; empty for no TLS."""
    cassandra_tls_name: str = ""
    """The name that every node's certificate carries, where nodes come and go with their addresses; empty where each
    carries its own address."""
    cassandra_datacenter: str = ""
    """The local datacenter; empty for the first that the contact points tell of."""

    @property
    def embedded(self) -> bool:
        """Whether everything lives in files of this machine."""
        return self.log == "embedded"

    @property
    def directory(self) -> Path:
        """`data` as a path."""
        return Path(self.data)

    @property
    def address(self) -> tuple[str, int]:
        """`listen` as host and port."""
        return address(self.listen, "QIAO_LISTEN")


def meanings() -> Mapping[str, str]:
    """What each field means: the text below it in this file, the one place where settings are documented."""
    [declared] = ast.parse(inspect.getsource(Settings)).body
    found: dict[str, str] = {}
    if not isinstance(declared, ast.ClassDef):
        raise TypeError("Settings is a class")
    for field, text in zip(declared.body, declared.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(text, ast.Expr):
            found[field.target.id] = " ".join(ast.literal_eval(text.value).split())
    return found


def load(environment: Mapping[str, str]) -> Settings:
    """The settings of an environment. Raises SettingsInvalid naming the variable that is wrong or unknown."""
    given = {name[len(PREFIX) :].lower(): value for name, value in environment.items() if name.startswith(PREFIX)}
    unknown = sorted(given.keys() - set(Settings.__struct_fields__) - _OTHERS)
    if unknown:
        raise SettingsInvalid(f"{PREFIX}{unknown[0].upper()} is no setting: qiao settings lists them all")
    known = {name: value for name, value in given.items() if name not in _OTHERS}
    settings = _converted(known)
    _check(settings)
    return settings


OF_COMMANDS = {
    "passphrase": "Seals what `qiao capture --with-keys` and `qiao vault backup` write, and opens it again.",
    "servers_dir": "Where `qiao servers` keeps its jars and data.",
}
"""Variables of single commands -> their meaning."""

_OTHERS = {*OF_COMMANDS, "test_kafka", "test_cassandra"}
"""Those, and the tests'."""


def _converted(given: Mapping[str, str]) -> Settings:
    for name, value in given.items():
        try:
            msgspec.convert({name: value}, Settings, strict=False)
        except msgspec.ValidationError as error:
            shown = "" if name in ("secret", "master_key") or "password" in name else f"={value}"
            raise SettingsInvalid(f"{PREFIX}{name.upper()}{shown}: {_needed(name, error)}") from None
    return msgspec.convert(given, Settings, strict=False)


def _needed(name: str, error: msgspec.ValidationError) -> str:
    """What a field may be."""
    [kind] = [field.type for field in _fields() if field.name == name]
    match kind:
        case msgspec.inspect.LiteralType(values):
            return f"needs {' or '.join(map(str, values))}"
        case msgspec.inspect.IntType(ge=int(low), le=int(high)):
            return f"needs a whole number from {low:,} to {high:,}"
        case msgspec.inspect.FloatType(ge=int() | float() as low, le=int() | float() as high):
            return f"needs a number from {low:g} to {high:g}"
    return str(error).partition(" - at ")[0]


def _fields() -> Sequence[msgspec.inspect.Field]:
    info = msgspec.inspect.type_info(Settings)
    return info.fields if isinstance(info, msgspec.inspect.StructType) else ()


def _check(settings: Settings) -> None:
    address(settings.listen, "QIAO_LISTEN")
    for name in ("limit_per_address", "limit_per_account", "limit_strict_per_address"):
        _check_limit(getattr(settings, name), f"{PREFIX}{name.upper()}")
    _check_admins(settings.admins)
    _check_otlp(settings.otlp_endpoint)
    if settings.metrics_listen:
        address(settings.metrics_listen, "QIAO_METRICS_LISTEN")
    _check_stores(settings)
    _check_secrets(settings)


def _check_stores(settings: Settings) -> None:
    if settings.log != "embedded" and not settings.log.startswith("kafka://"):
        raise SettingsInvalid(f"QIAO_LOG={settings.log}: embedded, or kafka://host:port")
    if settings.views != "embedded" and not settings.views.startswith("cassandra://"):
        raise SettingsInvalid(f"QIAO_VIEWS={settings.views}: embedded, or cassandra://host/keyspace")
    if (settings.log == "embedded") != (settings.views == "embedded"):
        raise SettingsInvalid("QIAO_LOG and QIAO_VIEWS: both embedded, or both on servers")
    if not settings.embedded and not (settings.secret and settings.master_key):
        raise SettingsInvalid("QIAO_SECRET and QIAO_MASTER_KEY must be set where the log and the views are on servers")


def _check_secrets(settings: Settings) -> None:
    # An empty one counts: whoever knows it is empty could sign with it.
    for secret in settings.secret.split(",") if settings.secret else ():
        if len(secret) < 32:
            raise SettingsInvalid("QIAO_SECRET: each secret needs 32 characters or more")
    if settings.master_key and not _is_key(settings.master_key):
        raise SettingsInvalid("QIAO_MASTER_KEY: 64 hexadecimal digits (openssl rand -hex 32 makes them)")


def _check_admins(text: str) -> None:
    for handle in text.split(",") if text else ():
        if not _HANDLE.fullmatch(handle.strip()):
            raise SettingsInvalid(f"QIAO_ADMINS={text}: needs handles, comma-separated, such as mei,tom")


def _check_otlp(url: str) -> None:
    if url and not (re.fullmatch(r"https?://[^/\s]+(/\S*)?", url) and _has_host(url)):
        # Not shown: it may hold a password.
        raise SettingsInvalid("QIAO_OTLP_ENDPOINT: needs a URL, such as http://collector:4318")


def _has_host(url: str) -> bool:
    try:
        return bool(urlsplit(url).hostname)
    except ValueError:
        return False


_HANDLE = re.compile(r"[a-z0-9_]{3,30}")
_LIMIT = re.compile(r"[1-9][0-9]{0,8}/(second|minute|hour|day)")


def _check_limit(text: str, name: str) -> None:
    if not _LIMIT.fullmatch(text):
        raise SettingsInvalid(
            f"{name}={text}: needs a number above 0 per second, minute, hour or day, such as 600/minute "
            "(QIAO_RATE_LIMITS=off switches all limits off)"
        )


def _is_key(text: str) -> bool:
    try:
        return len(bytes.fromhex(text)) == 32
    except ValueError:
        return False


def address(text: str, name: str) -> tuple[str, int]:
    """host:port taken apart. Raises SettingsInvalid naming the variable."""
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        host = port = None
    if not host or port is None:
        raise SettingsInvalid(f"{name}={text}: needs host:port, such as 127.0.0.1:8080")
    return host, port
