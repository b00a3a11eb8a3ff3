"""Who is at the command line, for the record."""

import getpass


def operator() -> str:
    """The login name, as the system knows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "operator"
