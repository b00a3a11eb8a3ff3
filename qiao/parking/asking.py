"""Asking the owner of a partition, and waiting for what comes of it."""

import asyncio
from uuid import UUID

from msgspec.structs import replace

from libs.log import Partition
from libs.projections.redrive import Request, answer, ask
from libs.vault import Vault

LOOK_EVERY = 0.1


class NotAnswered(Exception):
    """The owner is not there, or busy with something else."""


async def ask_and_wait(
    vault: Vault, projection: str, partition: Partition, request: Request, timeout: float
) -> Request:
    """What came of it: `state` is done or failed. Raises NotAnswered, VaultUnavailable.

    A request that is not answered in time stays for a day, and the owner carries it out when it is there; asking the
    same again then waits for that one.
    """
    asked = await ask(vault, projection, partition, request)
    standing = await answer(vault, projection, partition)
    if not asked and standing is not None and not _same(standing, request):
        raise NotAnswered(
            f"{standing.actor} has asked before to {standing.action} {standing.key}, and the owner of "
            f"{projection} {partition} has not answered yet"
        )
    try:
        async with asyncio.timeout(timeout):
            wanted = request if asked or standing is None else standing
            return await _answered(vault, projection, partition, wanted.id)
    except TimeoutError:
        raise NotAnswered(
            f"nobody who folds {projection} has answered within {timeout:g} s: start `qiao up`, or `qiao worker "
            f"{projection}`; the request stays for a day"
        ) from None


async def _answered(vault: Vault, projection: str, partition: Partition, wanted: UUID) -> Request:
    while True:
        standing = await answer(vault, projection, partition)
        if standing is not None and standing.id != wanted:
            raise NotAnswered(
                f"it was answered, and {standing.actor} has asked for something else since: qiao parked list tells"
            )
        if standing is not None and standing.state != "asked":
            return standing
        await asyncio.sleep(LOOK_EVERY)


def _same(standing: Request, request: Request) -> bool:
    return replace(standing, id=request.id, actor=request.actor, reason=request.reason) == request
