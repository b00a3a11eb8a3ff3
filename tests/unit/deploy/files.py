"""What of `deploy/` the tests read, and the small programs in it, which belong to no package."""

import re
import runpy
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[3]
_VARIABLE = re.compile(r"\$\{(\w+):-([^}]*)\}")


def program(path: str) -> dict[str, Any]:
    """The names that a program of `deploy/` defines, without running it."""
    return runpy.run_path(str(ROOT / "deploy" / path), run_name="imported")


def compose() -> dict[str, Any]:
    """docker-compose.yml, merged, with its variables still in it."""
    read: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return read


def services() -> dict[str, dict[str, Any]]:
    """Every service of it."""
    found: dict[str, dict[str, Any]] = compose()["services"]
    return found


def filled(text: str) -> str:
    """As Compose reads it where no variable is set."""
    return _VARIABLE.sub(r"\2", text)
