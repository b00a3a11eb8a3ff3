"""Who may look behind the scenes: the accounts that the operator has named."""

from collections.abc import Awaitable, Callable, Collection
from uuid import UUID

from libs.http.kinds import FORBIDDEN

Admins = Callable[[], Awaitable[Collection[UUID]]]
"""The accounts of the admins now; asked with each request of theirs. Raises VaultUnavailable."""


async def nobody() -> Collection[UUID]:
    """No admins at all."""
    return ()


async def check_admin(viewer: UUID | None, admins: Admins) -> None:
    """Raises FORBIDDEN unless the viewer is one of the admins."""
    if viewer not in await admins():
        raise FORBIDDEN("Only admins may: QIAO_ADMINS names them.")
