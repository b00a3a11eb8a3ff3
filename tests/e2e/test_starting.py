"""What is started while a server is away keeps trying for as long as QIAO_START_TIMEOUT says."""

import pytest

from tests.e2e.commands import run

pytestmark = pytest.mark.slow

NOBODY = {
    "QIAO_LOG": "kafka://127.0.0.1:1",
    "QIAO_VIEWS": "cassandra://127.0.0.1:1/qiao",
    "QIAO_SECRET": "s" * 32,
    "QIAO_MASTER_KEY": "ab" * 32,
    "QIAO_LOG_FORMAT": "text",
}


@pytest.mark.parametrize("role", ["worker", "gateway", "migrate"])
async def test_it_says_once_that_it_waits_and_ends_with_two_when_the_time_is_over(role: str) -> None:
    ended = await run(role, QIAO_START_TIMEOUT="2.5", **NOBODY)
    assert ended.returncode == 2
    assert ended.stderr.count("cannot be reached yet") == 1
    assert "Traceback" not in ended.stderr
    last = ended.stderr.splitlines()[-1]
    assert last.startswith("qiao: Cassandra (QIAO_VIEWS) cannot be reached")
    assert last.endswith("tried for 2.5 s, QIAO_START_TIMEOUT sets how long")


async def test_without_patience_it_ends_at_the_first_try() -> None:
    ended = await run("worker", QIAO_START_TIMEOUT="0", **NOBODY)
    assert ended.returncode == 2
    assert "cannot be reached yet" not in ended.stderr
