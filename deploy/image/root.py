"""root.py DIRECTORY: brings what a process of Qiao needs from this system, and nothing else, into a root of its own.

That is the interpreter, its library, the packages in /opt/qiao, and every shared object that one of these is linked to.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

VENV = Path("/opt/qiao")
USER = "qiao:x:10001:10001::/var/lib/qiao:/nonexistent\n"
NOT_NEEDED = (
    "__pycache__",
    "*-packages",
    "config-3*",
    "ensurepip",
    "idlelib",
    "lib2to3",
    "pydoc_data",
    "test",
    "tkinter",
)
NOT_NEEDED += ("tests", "turtle*", "_test*", "_tkinter*", "_xxtest*", "xxlimited*")
"""Of Python's own library."""
LOADED_LATE = ("libgcc_s.so.1",)
"""What the C library opens by name, so that nothing is linked to it."""

WRITABLE = ("tmp", "var/lib/qiao")
"""Places for mounts. Not a directory of user 10001: a layer of its own for that would differ from build to build."""


class Root:
    """The directory that becomes `/`."""

    def __init__(self, directory: Path) -> None:
        """Empty, or not there yet."""
        self._directory = directory

    def bring(self, path: Path) -> None:
        """This file at the same place; a symbolic link on the way to it, as such, and what it points to."""
        for part in (*reversed(path.parents), path):
            if part.is_symlink():
                self._link(part)
                target = os.path.normpath(part.parent / os.readlink(part) / path.relative_to(part))
                self.bring(Path(target))
                return
        if not self.at(path).exists():
            self.at(path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, self.at(path))

    def bring_tree(self, path: Path, without: tuple[str, ...]) -> None:
        """A directory at the same place, without what has one of these names."""
        shutil.copytree(path, self.at(path), symlinks=True, dirs_exist_ok=True, ignore=shutil.ignore_patterns(*without))

    def write(self, path: str, text: str) -> None:
        """A file of our own."""
        self.at(Path(path)).parent.mkdir(parents=True, exist_ok=True)
        self.at(Path(path)).write_text(text)

    def at(self, path: Path) -> Path:
        """Where that place of the new root is now."""
        return self._directory / path.relative_to("/")

    def _link(self, path: Path) -> None:
        if not self.at(path).is_symlink():
            self.at(path).parent.mkdir(parents=True, exist_ok=True)
            self.at(path).symlink_to(os.readlink(path))


def libraries(binaries: list[Path]) -> Iterator[Path]:
    """The shared objects that these are linked to, and the loader. Raises FileNotFoundError for a missing one."""
    for line in subprocess.run(["ldd", *binaries], capture_output=True, text=True, check=False).stdout.splitlines():
        if "not found" in line:
            raise FileNotFoundError(line.strip())
        if found := [Path(word) for word in line.split() if word.startswith("/") and not word.endswith(":")]:
            yield found[0]


def main(directory: str) -> None:
    """Fill it."""
    root, stdlib, executable = Root(Path(directory)), Path(sysconfig.get_path("stdlib")), VENV / "bin" / "python3"
    root.bring_tree(stdlib, NOT_NEEDED)
    root.bring_tree(VENV, ("__pycache__",))
    root.bring(executable)
    brought = [root.at(stdlib), root.at(VENV)]
    objects = [executable.resolve(), *(path for tree in brought for path in tree.rglob("*.so*"))]
    for library in {*libraries(objects)}:
        if not library.is_relative_to(directory):
            root.bring(library)
    folder = next(path for path in libraries([executable.resolve()]) if path.name == "libc.so.6").parent
    for name in LOADED_LATE:
        root.bring(folder / name)
    write_system(root)


def write_system(root: Root) -> None:
    """The user, how names are looked up, and an index of the shared objects."""
    root.write("/etc/passwd", "root:x:0:0::/:/nonexistent\n" + USER)
    root.write("/etc/group", "root:x:0:\nqiao:x:10001:\n")
    root.write("/etc/nsswitch.conf", "hosts: files dns\n")
    root.write("/etc/ld.so.conf", "/usr/local/lib\n")
    directory = root.at(Path("/"))
    subprocess.run(["ldconfig", "-X", "-r", directory], check=True)
    shutil.rmtree(root.at(Path("/var")), ignore_errors=True)
    for name in ("dev", "proc", "sys", "tmp", "var/lib/qiao"):
        (directory / name).mkdir(parents=True)
    for name in WRITABLE:
        (directory / name).chmod(0o1777)


if __name__ == "__main__":
    main(*sys.argv[1:])
