"""What every test may use."""

import sys
from pathlib import Path

# Tests import each other's helpers as `tests.waiting`, and the rooms from the tree, installed or not.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

pytest_plugins = ["tests.servers", "tests.stalls"]
