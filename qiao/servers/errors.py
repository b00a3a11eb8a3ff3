"""What can go wrong with a local server."""


class ServersError(Exception):
    """A local server cannot be had; the message says what to do about it."""


class ServerDied(ServersError):
    """The server's process ended by itself, or never became ready; the message ends with the tail of its log."""
