"""Who someone is, and how they and the viewer stand to each other."""

import asyncio
from uuid import UUID

import msgspec

from libs.events import Opener
from libs.projections import total
from libs.views import Reads
from services.feeds.handlers.relationships import BLOCKING, FOLLOWING, MUTING
from services.feeds.queries.circle import blockers_among
from services.feeds.tables import PEOPLE, RELATIONS, TALLIES

TALLY_ROWS = 300


class ProfileCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many."""

    followers: int
    following: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What the viewer decided about the account."""

    following: bool = False
    muting: bool = False
    blocking: bool = False


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """An account as it is shown."""

    id: UUID
    handle: str
    display_name: str
    bio: str
    avatar: UUID | None
    reads: tuple[str, ...]
    writes: str
    counts: ProfileCounts
    viewer: Standing


class Profiles:
    """Reads profiles."""

    def __init__(self, reads: Reads, opener: Opener) -> None:
        """`opener` opens what people wrote of themselves."""
        self._reads, self._opener = reads, opener

    async def account_of(self, handle: str) -> UUID | None:
        """Who owns a handle; case does not tell handles apart."""
        return await PEOPLE.account_of(self._reads, handle.lower())

    async def profile(self, account: UUID, viewer: UUID | None) -> Profile | None:
        """The profile; None for an account that was never seen to register, or that blocks the viewer.

        Who blocks somebody still sees their profile: it is where a block is taken back.
        """
        people, tallies, standing, blockers = await asyncio.gather(
            PEOPLE.people(self._reads, [account]),
            self._reads.scan(TALLIES, (account,), limit=TALLY_ROWS),
            self._standing(account, viewer),
            blockers_among(self._reads, viewer, [account]),
        )
        person = people.get(account)
        if person is None or blockers:
            return None
        name, bio = await self._opener.open_many([person.display_name, person.bio or person.display_name])
        return Profile(
            id=account,
            handle=person.handle,
            display_name=name or "",
            bio=(bio or "") if person.bio else "",
            avatar=person.avatar,
            reads=person.reads,
            writes=person.writes,
            counts=ProfileCounts(followers=total(tallies, "followers"), following=total(tallies, "following")),
            viewer=standing,
        )

    async def _standing(self, account: UUID, viewer: UUID | None) -> Standing:
        if viewer is None or viewer == account:
            return Standing()
        keys = [(viewer, kind, account) for kind in (FOLLOWING, MUTING, BLOCKING)]
        following, muting, blocking = (
            row is not None and row.on for row in await self._reads.get_many(RELATIONS, keys)
        )
        return Standing(following=following, muting=muting, blocking=blocking)
