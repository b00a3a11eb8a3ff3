"""What every test may use."""

import signal
import sys
from pathlib import Path

from hypothesis import settings

# Tests import each other's helpers as `tests.waiting`, and the rooms from the tree, installed or not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

pytest_plugins = ["tests.servers", "tests.stalls"]

# No deadline: a busy machine is not a failure. `fast` is for `make test-fast`.
settings.register_profile("default", deadline=None, print_blob=True)
settings.register_profile("fast", deadline=None, print_blob=True, max_examples=20)
settings.load_profile("default")


def pytest_configure() -> None:
    """SIGTERM ends a run as Ctrl-C does: fixtures stop the servers that they started."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
