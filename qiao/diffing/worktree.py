"""What the code of another commit makes of a log: run in a worktree of its own, as a process of its own."""

import asyncio
import os
import sys
import tempfile
from asyncio.subprocess import PIPE
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

import qiao
from qiao.diffing.witnessing import Watched

HERE = Path(qiao.__file__).resolve().parents[1]
"""The tree that this program runs from."""


class CodeUnavailable(Exception):
    """The commit is not there, or its code could not do it."""


class Version:
    """The code of one commit."""

    def __init__(self, name: str, tree: Path) -> None:
        """`tree` is checked out."""
        self.name, self._tree = name, tree

    async def replay(self, source: str, into: Path, until: str | None, watched: Sequence[Watched] = ()) -> None:
        """`qiao replay`, in that version. Raises CodeUnavailable with what it said."""
        arguments = ["replay", source, "--into", str(into), *(["--until", until] if until else [])]
        if watched:
            file = into.with_name(f"{into.name}.watch")
            file.write_bytes(msgspec.json.encode(watched))
            arguments += ["--watch", str(file)]
        # From where we stand, for settings may name files from there; but no code is imported from there.
        environment = {**os.environ, "PYTHONPATH": str(self._tree), "PYTHONSAFEPATH": "1"}
        await _run(sys.executable, "-m", "qiao", *arguments, cwd=Path.cwd(), environment=environment)


THIS = Version("this code", HERE)
"""What is in the tree now, committed or not."""


@asynccontextmanager
async def version(revision: str) -> AsyncIterator[Version]:
    """Check a commit out beside this tree, and take it away again. Raises CodeUnavailable."""
    commit = (
        await _git("rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}", fault=f"no commit {revision}")
    ).strip()
    with tempfile.TemporaryDirectory(prefix="qiao-code-", ignore_cleanup_errors=True) as folder:
        tree = Path(folder) / "tree"
        try:
            await _git("worktree", "add", "--detach", "--quiet", str(tree), commit)
            yield Version(f"{revision} ({commit[:10]})", tree)
        finally:
            if _stands(tree):  # git takes away itself what it could not finish
                await _git("worktree", "remove", "--force", "--force", str(tree))


def _stands(tree: Path) -> bool:
    return tree.exists()


async def _git(*arguments: str, fault: str = "git") -> str:
    """Its output. Who is cancelled still waits for it: ended halfway it leaves locks, and a child that goes on writing.

    Ctrl-C in the terminal does not reach it, for the same reason.
    """
    work = asyncio.ensure_future(
        _run("git", *arguments, cwd=HERE, environment=dict(os.environ), fault=fault, apart=True)
    )
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        await asyncio.wait([work])
        raise


async def _run(*command: str, cwd: Path, environment: dict[str, str], fault: str = "", apart: bool = False) -> str:
    """Its output. The process ends with us; `apart` from the terminal, too."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=cwd, env=environment, stdout=PIPE, stderr=PIPE, start_new_session=apart
        )
    except FileNotFoundError as error:
        raise CodeUnavailable(f"{command[0]} is needed for --code, and is not installed") from error
    try:
        output, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode != 0:
        said = errors.decode(errors="replace").strip().splitlines()
        told = [*([fault] if fault else command[2:4]), *said[-1:]]
        raise CodeUnavailable(": ".join(told))
    return output.decode()
