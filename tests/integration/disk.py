"""Disks that get full, in the two ways that this machine may allow.

A small file system of its own is the real thing, but only root may mount one. A bound on the size of files can be set
on any process of ours while it runs: every write fails, which is more than a full disk does.
"""

import os
import resource
import subprocess
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

Way = Literal["small", "bounded"]


class Disk(ABC):
    """What is below one directory."""

    def __init__(self, directory: Path) -> None:
        """The directory exists."""
        self.directory = directory

    @abstractmethod
    def fill(self, pid: int) -> None:
        """From now on this process finds no room."""

    @abstractmethod
    def make_room(self, pid: int | None) -> None:
        """There is room again; `pid` where the process lives."""


class SmallDisk(Disk):
    """A file system of a few megabytes."""

    def fill(self, pid: int) -> None:
        """For everybody."""
        with (self.directory / "ballast").open("ab", buffering=0) as ballast:
            for size in (1 << 20, 1 << 12):
                try:
                    while True:
                        ballast.write(bytes(size))
                except OSError:  # no room for another one
                    continue

    def make_room(self, pid: int | None) -> None:
        """Somebody cleans up."""
        (self.directory / "ballast").unlink()


class BoundedProcess(Disk):
    """The process may not write any more."""

    def fill(self, pid: int) -> None:
        """For it alone."""
        _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, most))

    def make_room(self, pid: int | None) -> None:
        """Another process has no such bound."""
        if pid is not None:
            _, most = resource.prlimit(pid, resource.RLIMIT_FSIZE)
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (most, most))


def ways(directory: Path) -> list[Way]:
    """Those that are open to us here."""
    try:
        with small_disk(directory / "try", 1):
            return ["small", "bounded"]
    except (OSError, subprocess.CalledProcessError):
        return ["bounded"]


@contextmanager
def disk(way: Way, directory: Path, megabytes: int) -> Iterator[Disk]:
    """A directory that can be full; it is made."""
    if way == "small":
        with small_disk(directory, megabytes) as small:
            yield small
    else:
        directory.mkdir(parents=True, exist_ok=True)
        yield BoundedProcess(directory)


@contextmanager
def small_disk(directory: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Mounted for as long as the block lasts. Raises CalledProcessError where that is not allowed."""
    directory.mkdir(parents=True, exist_ok=True)
    options = f"size={megabytes}m,mode=0700,uid={os.getuid()}"
    mount = ["mount", "-t", "tmpfs", "-o", options, "none", str(directory)]
    subprocess.run(mount, check=True, capture_output=True)
    try:
        yield SmallDisk(directory)
    finally:
        subprocess.run(["umount", "--lazy", str(directory)], check=True, capture_output=True)
