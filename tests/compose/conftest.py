"""These tests need a Docker Engine: `make test-compose` sees to it, and nothing else collects them."""

import os

collect_ignore_glob = [] if os.environ.get("TEST_COMPOSE") else ["test_*.py"]
