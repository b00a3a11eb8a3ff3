"""What may be tried: the services' own commands, over the tables of a replay."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import TypeVar
from uuid import UUID

import msgspec

from libs.events import (
    AccountBlocked,
    AccountFollowed,
    AccountMuted,
    AccountUnblocked,
    AccountUnfollowed,
    AccountUnmuted,
    Opener,
    PostLiked,
    PostSaved,
    PostUnliked,
    PostUnsaved,
    lowest_at,
)
from libs.http.decoding import decode_body
from libs.http.problems import Problem
from libs.log import Bounds, Record
from libs.projections import Frontier, ViewProgress
from libs.projections.previewing import Preview
from libs.vault import Vault
from libs.vault.keys import KeyRing
from libs.views import Views
from qiao.looking.who import handle_of
from qiao.replay.opening import Replay
from qiao.sources import NoKeys
from qiao.times import from_ms
from qiao.trying.ended import EndedLog
from qiao.trying.publishing import Rehearsal
from services.accounts.commands import AccountCommands, Relation
from services.posts.commands import PostCommands, Toggle
from services.posts.http import CreatePost, EditPost
from services.posts.queries import PostQueries
from services.posts.tables import PEOPLE

T = TypeVar("T")

TOGGLES: Mapping[str, Toggle] = {
    "like": PostLiked,
    "unlike": PostUnliked,
    "save": PostSaved,
    "unsave": PostUnsaved,
}

RELATIONS: Mapping[str, Relation] = {
    "follow": AccountFollowed,
    "unfollow": AccountUnfollowed,
    "mute": AccountMuted,
    "unmute": AccountUnmuted,
    "block": AccountBlocked,
    "unblock": AccountUnblocked,
}


class NobodyThere(LookupError):
    """Nobody had the handle then."""


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """What came of an attempt."""

    refusal: Problem | None
    records: list[Record]
    """Would be appended; none where it was refused, or stood already."""
    previews: list[list[Preview]]
    """Of each record, what the projections would make of it."""


class Attempt:
    """The services' commands as they stood at a moment. Each method returns a Problem where it is refused, or raises
    it where the gateway would not even take the request."""

    def __init__(self, views: Views, vault: Vault, log: EndedLog, ms: int) -> None:
        """`vault` is empty and thrown away."""
        self._views, self._vault, self._ms = views, vault, ms
        self.rehearsal = Rehearsal(log, from_ms(ms))
        self._log, self._progress = log, ViewProgress(views, vault)

    async def account(self, handle: str) -> UUID:
        """Who had the handle. Raises NobodyThere."""
        account = await PEOPLE.account_of(self._views, handle_of(handle))
        if account is None:
            raise NobodyThere(f"nobody had the handle @{handle_of(handle)} then")
        return account

    async def post(self, handle: str, text: str, lang: str | None, reply_to: UUID | None) -> object:
        """Say something."""
        id_, account = UUID(int=lowest_at(self._ms).int | 1), await self.account(handle)
        body = _body(CreatePost, {"text": text, "lang": lang, "reply_to": str(reply_to) if reply_to else None})
        return await self._posts.create(id_, account, body.text, body.lang, body.reply_to)

    async def edit(self, handle: str, post: UUID, text: str, lang: str | None) -> object:
        """Write it anew."""
        account, body = await self.account(handle), _body(EditPost, {"text": text, "lang": lang})
        return await self._posts.edit(post, account, body.text, body.lang)

    async def delete(self, handle: str, post: UUID) -> object:
        """Take it away."""
        return await self._posts.delete(post, await self.account(handle))

    async def toggle(self, what: str, handle: str, post: UUID) -> object:
        """Like, save, or take it back."""
        return await self._posts.toggle(TOGGLES[what], post, await self.account(handle))

    async def relate(self, what: str, handle: str, target: str) -> object:
        """Follow, mute, block, or take it back."""
        keys = KeyRing(self._vault, bytes(32))
        commands = AccountCommands(self._vault, keys, self._views, self._frontier("accounts"), self.rehearsal)
        # Who owns a handle the vault does not say, a replay's is empty: then the command asks the tables.
        return await commands.relate(RELATIONS[what], await self.account(handle), handle_of(target))

    @property
    def _posts(self) -> PostCommands:
        frontier = self._frontier("posts")
        queries = PostQueries(self._views, frontier, lambda: self._ms)
        return PostCommands(self._views, queries, frontier, self.rehearsal, Opener(NoKeys()))

    def _frontier(self, service: str) -> Frontier:
        return Frontier(service, self._log, self._views, self._progress)


def _body(kind: type[T], fields: Mapping[str, str | None]) -> T:
    """What the route would decode. Raises Problem."""
    return decode_body(msgspec.json.Decoder(kind), json.dumps(fields).encode())


async def attempt(replay: Replay, vault: Vault, ms: int, act: Callable[[Attempt], Awaitable[object]]) -> Tried:
    """Try it over a replay that has folded everything until `ms`. Raises NobodyThere, ViewsUnavailable."""
    reached = await replay.replayer.starts(replay.source.bounds)
    bounds = {place: Bounds(0, offset or 0) for place, offset in reached.items()}
    trying = Attempt(replay.scratch.views, vault, EndedLog(replay.source.log, bounds), ms)
    try:
        result = await act(trying)
    except Problem as problem:
        result = problem
    records = trying.rehearsal.records
    return Tried(
        refusal=result if isinstance(result, Problem) else None,
        records=records,
        previews=[await replay.replayer.preview(record) for record in records],
    )
