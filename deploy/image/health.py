#!/opt/qiao/bin/python -IS
"""qiao-health PATH: whether the process in this container says 200 there, on whichever of its two addresses it has.

It runs every few seconds in every container, so it starts without reading more than it must.
"""

import os
import socket
import sys

ADDRESSES = ("QIAO_LISTEN", "QIAO_METRICS_LISTEN")
"""A gateway has the first, a worker the second."""
TIMEOUT = 4.0
ANYWHERE = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]"}  # noqa: S104 - nothing listens here


def status(address: str, path: str) -> int:
    """What `host:port` answers to a GET. Raises OSError where nobody does, ValueError where it is no HTTP."""
    host, _, port = address.rpartition(":")
    host = ANYWHERE.get(host, host)
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    with socket.create_connection((host.strip("[]"), int(port)), TIMEOUT) as connection:
        connection.sendall(request.encode())
        return int(connection.makefile("rb").readline().split()[1])


def main(path: str) -> int:
    """The exit status: 0 where an address says 200."""
    for name in ADDRESSES:
        try:
            found = status(os.environ[name], path)
        except (KeyError, OSError):
            continue
        print(f"{name}{path}: {found}")
        return 0 if found == 200 else 1
    print("neither", " nor ".join(ADDRESSES), "answers")
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
