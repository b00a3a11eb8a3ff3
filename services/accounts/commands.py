"""Commands: join, sign in, follow, mute, block."""

from functools import partial
from typing import NamedTuple
from uuid import UUID

import msgspec

from libs.events import (
    AccountBlocked,
    AccountFollowed,
    AccountMuted,
    AccountRegistered,
    AccountUnblocked,
    AccountUnfollowed,
    AccountUnmuted,
    moment_of,
)
from libs.http.problems import Problem, in_body
from libs.log import Place, Publisher
from libs.people import standing_at
from libs.projections import Frontier
from libs.vault import Vault
from libs.vault.keys import KeyRing
from libs.views import Reads
from services.accounts.guesses import Guesses
from services.accounts.handles import Handles
from services.accounts.passwords import Passwords
from services.accounts.problems import (
    ACCOUNT_UNKNOWN,
    BAD_CREDENTIALS,
    BLOCKED,
    HANDLE_TAKEN,
    SESSION_OVER,
    YOURSELF,
)
from services.accounts.sessions import Sessions
from services.accounts.tables import BLOCKS, OWNERS, stands

CREDENTIALS = "credentials"

Relation = (
    type[AccountFollowed]
    | type[AccountUnfollowed]
    | type[AccountMuted]
    | type[AccountUnmuted]
    | type[AccountBlocked]
    | type[AccountUnblocked]
)


class Newcomer(msgspec.Struct, frozen=True, kw_only=True):
    """Who wants to join."""

    handle: str
    password: str
    display_name: str
    reads: tuple[str, ...]
    writes: str


class Joined(NamedTuple):
    """Who has joined, with a session and the registration's place."""

    account: UUID
    refresh_token: str
    place: Place


class SignedIn(NamedTuple):
    """Who has signed in, with the session's refresh token."""

    account: UUID
    refresh_token: str


class AccountCommands:
    """What people may do with accounts."""

    def __init__(
        self,
        vault: Vault,
        keys: KeyRing,
        reads: Reads,
        frontier: Frontier,
        publisher: Publisher,
        guesses: Guesses | None = None,
    ) -> None:
        """`keys` makes the sealing key that every account needs before it says a word. Without `guesses` anyone may
        guess passwords as often as they like.
        """
        self._vault, self._keys, self._reads = vault, keys, reads
        self._frontier, self._publisher = frontier, publisher
        self._guesses = guesses
        self._handles, self._passwords, self._sessions = Handles(vault), Passwords(), Sessions(vault)

    async def register(self, account: UUID, event_id: UUID, newcomer: Newcomer) -> Joined | Problem:
        """Hash the password, claim the handle, keep the credentials, tell the log, confirm. With the same ids a
        retry is the same account, and its event that of the same moment.

        A crash in between leaves a claim that runs out by itself. If the registration is in the log by then, the
        handle is its account's, and whoever names it next confirms that.
        """
        taken = HANDLE_TAKEN("Choose another one.", in_body("/handle", "is taken"))
        if not await self._free_for(newcomer.handle, account):
            return taken
        # Hashed before the claim: in a surge it waits, and a claim must not wait with it until its lease runs out.
        stored = (await self._passwords.hash(newcomer.password)).encode()
        if not await self._handles.claim(newcomer.handle, account):
            return taken
        # A late retry must not bring back the password that the account began with.
        await self._vault.compare_and_set(CREDENTIALS, str(account), None, stored)
        await self._keys.create(account)
        event = AccountRegistered(
            account=account,
            handle=newcomer.handle,
            display_name=newcomer.display_name,
            reads=newcomer.reads,
            writes=newcomer.writes,
        )
        published = await self._publisher.publish(event, actor=account, id=event_id, now=moment_of(account))
        if not await self._confirmed(newcomer.handle, account):
            return HANDLE_TAKEN("It was taken while you signed up: choose another one.", in_body("/handle", "is taken"))
        return Joined(account, await self._sessions.begin(account), published.place)

    async def _confirmed(self, handle: str, account: UUID) -> bool:
        """Also where the lease ran out meanwhile, if nobody else came: the log has the account by now."""
        return await self._handles.confirm(handle, account) or await self._handles.keep(handle, account)

    async def _free_for(self, handle: str, account: UUID) -> bool:
        """Free in the vault and in the log. A registration that died before it was confirmed is confirmed now."""
        if not await self._handles.free_for(handle, account):
            return False
        owner = await OWNERS.account_of(self._reads, handle)
        if owner is None or owner == account:
            return True
        await self._handles.keep(handle, owner)
        return False

    async def _owner_of(self, handle: str) -> UUID | None:
        """Whose it is. A registration that died before it was confirmed is confirmed now: the log has it, so its
        person is here.
        """
        known = await self._handles.owner_of(handle)
        if known is not None:
            return known
        owner = await OWNERS.account_of(self._reads, handle)
        return owner if owner is not None and await self._handles.keep(handle, owner) else None

    async def sign_in(self, handle: str, password: str, network: str) -> SignedIn | Problem:
        """Begin a session. It does not tell which of the two was wrong. Raises TOO_MANY after too many wrong ones."""
        if self._guesses is None:
            return await self._sign_in(handle, password)
        guess = self._guesses.begin(handle, network)
        try:
            signed_in = await self._sign_in(handle, password)
        except BaseException:
            guess.not_known()
            raise
        if isinstance(signed_in, SignedIn):
            guess.right()
        return signed_in

    async def _sign_in(self, handle: str, password: str) -> SignedIn | Problem:
        account = await self._owner_of(handle)
        item = await self._vault.get(CREDENTIALS, str(account)) if account else None
        fits = await self._passwords.verify(password, item.value.decode() if item else None)
        if not fits or account is None or item is None:
            return BAD_CREDENTIALS()
        if self._passwords.outdated(item.value.decode()):
            await self._hash_again(account, password, item.version)
        return SignedIn(account, await self._sessions.begin(account))

    async def _hash_again(self, account: UUID, password: str, version: int) -> None:
        """With today's parameters, unless the password was changed meanwhile."""
        stronger = (await self._passwords.hash(password)).encode()
        await self._vault.compare_and_set(CREDENTIALS, str(account), version, stronger)

    async def renew(self, refresh_token: str) -> SignedIn | Problem:
        """Spend a refresh token."""
        renewed = await self._sessions.renew(refresh_token)
        return SignedIn(*renewed) if renewed else SESSION_OVER()

    async def sign_out(self, refresh_token: str) -> None:
        """End a session."""
        await self._sessions.end(refresh_token)

    async def relate(self, what: Relation, account: UUID, handle: str) -> Place | Problem:
        """Follow, mute or block, or take it back. What stands already is not said again."""
        target = await self._owner_of(handle.lower())
        if target is None:
            return ACCOUNT_UNKNOWN()
        if target == account:
            return YOURSELF()
        if what is AccountFollowed and await BLOCKS.blocks(self._reads, target, account):
            return BLOCKED()
        event = what(account=account, target=target)
        place = await standing_at(event, partial(stands, self._reads), self._frontier)
        return place or (await self._publisher.publish(event, actor=account)).place
