"""Ports for servers that tests kill and start again."""

import random
import socket

LOOPBACK = "127.0.0.1"
# Below Linux's ephemeral range (32768 and up). A client that keeps dialling a dead server on an ephemeral port
# may be given that very port as its own, connect to itself, and so keep the server from binding it again.
_LOWEST, _HIGHEST = 20_000, 32_000


def free_port() -> int:
    """A TCP port nobody listens on, on the loopback interface, outside the ephemeral range."""
    while True:
        port = random.randint(_LOWEST, _HIGHEST)  # noqa: S311 - spreads parallel runs, guards nothing
        if is_free(port):
            return port


def is_free(port: int) -> bool:
    """Whether a server could bind `port` on the loopback interface now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def accepts(port: int) -> bool:
    """Whether somebody accepts connections at `port` on the loopback interface."""
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((LOOPBACK, port)) == 0
