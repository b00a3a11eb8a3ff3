"""Ports of local servers."""

import socket

from qiao.servers.ports import LOOPBACK, accepts, free_port, is_free


def test_a_free_port_lies_below_the_ephemeral_range() -> None:
    assert free_port() < 32_768


def test_a_port_with_a_listener_accepts_and_is_not_free() -> None:
    with socket.create_server((LOOPBACK, 0)) as listener:
        port = listener.getsockname()[1]
        assert accepts(port)
        assert not is_free(port)
    assert not accepts(port)
    assert is_free(port)
