"""The answers that can be asked for as of a moment: each folds what it rests on, then asks as the gateway would."""

from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from uuid import UUID

import msgspec

from libs.events import Keys, Opener
from libs.http.shapes import Card
from libs.people.authorship import CREATED
from libs.views.scanning import scan_all
from qiao.asof.past import Past, by, either, everything, naming
from qiao.looking.who import handle_of
from services.feeds.handlers.relationships import FOLLOWING
from services.feeds.queries.profiles import Profile, Profiles
from services.feeds.queries.timelines import Timeline, Timelines
from services.feeds.tables import CARDS, PEOPLE, RELATIONS, CardFacet, Created


class NotThere(LookupError):
    """It was not there then."""


class PastAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was to be seen."""

    cards: Sequence[Card]
    more: bool = False
    """Whether the next page would have had something."""
    profile: Profile | None = None


class Questions:
    """Asks as of one moment."""

    def __init__(self, pasts: Callable[[], AbstractAsyncContextManager[Past]], keys: Keys, ms: int, limit: int) -> None:
        """`pasts` opens empty views of the moment `ms`, in milliseconds since 1970 UTC; a page has up to `limit` cards.

        Every answer raises NotThere, LogError, ViewsUnavailable.
        """
        self._pasts, self._opener, self._ms, self._limit = pasts, Opener(keys), ms, limit

    async def home(self, handle: str) -> PastAnswer:
        """The first page of someone's home."""
        async with self._pasts() as scout:
            await scout.fold("accounts", everything)
            reader = await _account(scout, handle)
            await scout.fold("relationships", naming([reader]))
            following = scan_all(scout.views, RELATIONS, (reader,), prefix=(FOLLOWING,))
            authors = {row.target async for row in following} | {reader}
            await scout.fold("posts", by(authors))
            shown = _ids(await self._timelines(scout).home(reader, self._ms, None, self._limit))
        async with self._pasts() as past:
            await past.fold("accounts", everything)
            await past.fold("relationships", naming([reader]))
            await past.fold("posts", either(by(authors), naming(shown)))
            await past.fold("reactions", naming(shown))
            return _answer(await self._timelines(past).home(reader, self._ms, None, self._limit))

    async def profile(self, handle: str, viewer: str | None) -> PastAnswer:
        """Who someone was, and the first page of what they wrote."""
        async with self._pasts() as scout:
            await scout.fold("accounts", everything)
            author, looking = await _account(scout, handle), await _viewer(scout, viewer)
            about = naming([author, *([looking] if looking else [])])
            await scout.fold("relationships", about)
            await scout.fold("posts", by({author}))
            shown = _ids(await self._timelines(scout).profile(author, looking, self._ms, None, self._limit))
        async with self._pasts() as past:
            await past.fold("accounts", everything)
            await past.fold("relationships", about)
            await past.fold("posts", either(by({author}), naming(shown)))
            await past.fold("reactions", naming(shown))
            page = await self._timelines(past).profile(author, looking, self._ms, None, self._limit)
            profile = await Profiles(past.views, self._opener).profile(author, looking)
        if profile is None:
            raise NotThere(f"@{handle} did not show to @{viewer} then")
        return msgspec.structs.replace(_answer(page), profile=profile)

    async def card(self, post: UUID, viewer: str | None) -> PastAnswer:
        """One post."""
        async with self._pasts() as scout:
            await scout.fold("posts", naming([post]), key=post)
            author = await _author(scout, post)
        async with self._pasts() as past:
            await past.fold("accounts", everything)
            looking = await _viewer(past, viewer)
            await past.fold("posts", naming([post]))
            await past.fold("relationships", naming([author]))
            await past.fold("reactions", naming([post]))
            card = await self._timelines(past).post(post, looking)
        if card is None:
            raise NotThere(f"the post did not show{f' to @{viewer}' if viewer else ''} then")
        return PastAnswer(cards=[card])

    def _timelines(self, past: Past) -> Timelines:
        return Timelines(past.views, self._opener)


async def _account(past: Past, handle: str) -> UUID:
    account = await PEOPLE.account_of(past.views, handle_of(handle))
    if account is None:
        raise NotThere(f"nobody had the handle @{handle_of(handle)} then")
    return account


async def _viewer(past: Past, handle: str | None) -> UUID | None:
    return await _account(past, handle) if handle is not None else None


async def _author(past: Past, post: UUID) -> UUID:
    row: CardFacet | None = await past.views.get(CARDS, post, CREATED)
    if row is None or not isinstance(row.body, Created):
        raise NotThere(f"there was no post {post} then")
    return row.body.author


def _ids(page: Timeline) -> list[UUID]:
    return [card.id for card in page.cards]


def _answer(page: Timeline) -> PastAnswer:
    return PastAnswer(cards=page.cards, more=page.after is not None)
