"""same.py DIRECTORY: makes a tree that becomes a layer the same, byte by byte, whenever and wherever it is built.

Bytecode is compiled here, once: the root file system is read-only later. It names its source by its later place.
"""

import compileall
import os
import py_compile
import sys
from pathlib import Path

THEN = 315_532_800
"""1980, the beginning of time for archives of all kinds."""


def main(directory: str) -> None:
    """Compile it, then give every file the same time, and modes that do not come from somebody's umask."""
    compiled = compileall.compile_dir(
        directory,
        maxlevels=99,
        quiet=2,
        stripdir=directory,
        prependdir="/",
        invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
    )
    print("compiled" if compiled else "compiled what could be")
    for path in (Path(directory), *sorted(Path(directory).rglob("*"))):
        if not path.is_symlink():
            path.chmod(mode(path))
        os.utime(path, (THEN, THEN), follow_symlinks=False)


def mode(path: Path) -> int:
    """Readable to all, writable to nobody but root; a directory for all to write in stays one."""
    found = path.stat().st_mode & 0o7777
    return found if found & 0o1000 else 0o755 if found & 0o100 else 0o644


if __name__ == "__main__":
    if os.environ.get("PYTHONHASHSEED") != "0":  # the order of sets goes into bytecode
        os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {"PYTHONHASHSEED": "0"})
    main(*sys.argv[1:])
