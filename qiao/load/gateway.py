"""Which gateway is driven, and that it is one of this machine unless its owner says otherwise."""

from ipaddress import ip_address
from urllib.parse import urlsplit

import msgspec

_PORTS = {"http": 80, "https": 443}


class AddressRefused(ValueError):
    """The URL names no gateway, or one that must not be driven from here."""


class Gateway(msgspec.Struct, frozen=True, kw_only=True):
    """Where a gateway listens."""

    host: str
    port: int
    tls: bool = False

    @classmethod
    def at(cls, url: str) -> "Gateway":
        """From http://host:port. Raises AddressRefused."""
        try:
            parts = urlsplit(url)
            host, port = parts.hostname, parts.port
        except ValueError as error:
            raise AddressRefused(f"{url}: {error}") from None
        if parts.scheme not in _PORTS or not host or parts.path not in ("", "/") or parts.query:
            raise AddressRefused(f"{url}: needs http://host:port, such as http://127.0.0.1:8080")
        return cls(host=host, port=_PORTS[parts.scheme] if port is None else port, tls=parts.scheme == "https")

    @classmethod
    def listening_on(cls, host: str, port: int) -> "Gateway":
        """The gateway that listens there, as this machine reaches it."""
        return cls(host={"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port=port)  # noqa: S104 - told apart

    @property
    def url(self) -> str:
        """What a browser would be given."""
        return f"http{'s' if self.tls else ''}://{self.authority}"

    @property
    def authority(self) -> str:
        """host:port, an IPv6 address in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def loopback(self) -> bool:
        """Whether it is surely on this machine."""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"
