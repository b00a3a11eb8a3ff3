"""A file's name is durable once its directory is."""

import os
from pathlib import Path


def sync_directory(directory: Path) -> None:
    """Blocks until what was linked, renamed or removed in it survives a power loss. Raises OSError."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
