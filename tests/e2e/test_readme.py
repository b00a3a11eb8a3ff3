"""What the README tells a newcomer to type does what it says."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.e2e.commands import TIMEOUT, environment
from tests.e2e.test_up import up

pytestmark = pytest.mark.slow

README = Path(__file__).parents[2] / "README.md"
_TESTED = re.compile(r"<!-- tested -->\s*```sh\n(.*?)```", re.DOTALL)
_ADDRESS = "http://127.0.0.1:8080"


def test_the_marked_examples_run_one_after_the_other(tmp_path: Path) -> None:
    """Each line must succeed, and whatever JSON curl shows must be an answer and no problem."""
    if shutil.which("curl") is None:
        pytest.skip("the README's examples use curl, which is not installed")
    blocks = _TESTED.findall(README.read_text())
    assert blocks, "README.md marks what is tested by <!-- tested --> above a block of sh"
    with up(tmp_path / "data") as running:
        for block in blocks:
            output = _typed(block.replace(_ADDRESS, running.url), tmp_path)
            answers = _answers(output)
            assert answers, output
            assert all("code" not in answer for answer in answers), answers
            assert "猫税" in output


def _typed(block: str, directory: Path) -> str:
    shell = ["bash", "-euo", "pipefail", "-c", block]
    done = subprocess.run(
        shell, cwd=directory, env=environment({}), capture_output=True, text=True, timeout=TIMEOUT, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _answers(output: str) -> list[dict[str, object]]:
    """The JSON objects in it, one behind the other."""
    found, decoder, rest = list[dict[str, object]](), json.JSONDecoder(), output.strip()
    while rest:
        answer, end = decoder.raw_decode(rest)
        found.append(answer)
        rest = rest[end:].strip()
    return found
