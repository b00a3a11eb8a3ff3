"""The routes of accounts: which command answers which request."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated
from uuid import UUID

import msgspec

from libs.events import (
    AccountBlocked,
    AccountFollowed,
    AccountMuted,
    AccountUnblocked,
    AccountUnfollowed,
    AccountUnmuted,
)
from libs.http import Answer, Auth, Call, Done, Input, Problem, Rate, Route, Tokens, route
from libs.http.inputs import UNSEEN, Language, whole
from libs.http.paths import HandlePath
from libs.http.routes import Method
from services.accounts.commands import AccountCommands, Newcomer, Relation, SignedIn
from services.accounts.problems import (
    ACCOUNT_UNKNOWN,
    BAD_CREDENTIALS,
    BLOCKED,
    HANDLE_TAKEN,
    SESSION_OVER,
    YOURSELF,
)

Handle = Annotated[
    str,
    whole("[a-z0-9_]{3,30}", "3 to 30 of a-z, 0-9 and _; the same for ever."),
]
_NOT_IN_NAMES = r"\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069"
"""What breaks the line, and what turns the direction of the text around it."""
DisplayName = Annotated[
    str,
    whole(
        rf"[^{_NOT_IN_NAMES}]*[^{UNSEEN}{_NOT_IN_NAMES}][^{_NOT_IN_NAMES}]*",
        "One line of 1 to 50 characters that shows something, without marks that turn the direction of writing.",
        max_length=50,
    ),
]
Password = Annotated[str, msgspec.Meta(min_length=8, max_length=256, description="8 to 256 characters.")]
RefreshToken = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class Register(Input, frozen=True):
    """A new account."""

    handle: Handle
    password: Password
    display_name: DisplayName
    reads: Annotated[tuple[Language, ...], msgspec.Meta(min_length=1, max_length=10)]
    writes: Language


class SignIn(Input, frozen=True):
    """Handle and password."""

    handle: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=256)]


class Refresh(Input, frozen=True):
    """The refresh token last given."""

    refresh_token: RefreshToken


class AccountView(msgspec.Struct, frozen=True, kw_only=True):
    """The account as its owner sees it at sign-up."""

    id: UUID
    handle: str
    display_name: str
    reads: tuple[str, ...]
    writes: str


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A way to be known for a while."""

    account_id: UUID
    access_token: str
    """For `Authorization: Bearer`."""
    expires_in: int
    """Seconds for which the access token holds."""
    refresh_token: str
    """Good once, for the next pair of tokens."""


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """A new account with its first session."""

    account: AccountView
    access_token: str
    expires_in: int
    refresh_token: str


Change = Callable[[Call[None, HandlePath]], Awaitable[Done | Problem]]


class AccountRoutes:
    """Handlers over the commands."""

    def __init__(self, commands: AccountCommands, tokens: Tokens) -> None:
        """`tokens` issues access tokens."""
        self._commands, self._tokens = commands, tokens

    async def register(self, call: Call[Register]) -> Answer[Registered] | Problem:
        """Join."""
        body = call.body
        newcomer = Newcomer(**{field: getattr(body, field) for field in Newcomer.__struct_fields__})
        joined = await self._commands.register(call.new_id(), call.new_id(), newcomer)
        if isinstance(joined, Problem):
            return joined
        view = AccountView(
            id=joined.account, handle=body.handle, display_name=body.display_name, reads=body.reads, writes=body.writes
        )
        registered = Registered(
            account=view,
            access_token=self._tokens.issue(joined.account),
            expires_in=self._tokens.lifetime,
            refresh_token=joined.refresh_token,
        )
        return Answer(registered, [joined.place])

    async def sign_in(self, call: Call[SignIn]) -> Session | Problem:
        """Begin a session."""
        body = call.body
        return self._session(await self._commands.sign_in(body.handle.lower(), body.password, call.network))

    async def refresh(self, call: Call[Refresh]) -> Session | Problem:
        """Renew a session."""
        return self._session(await self._commands.renew(call.body.refresh_token))

    async def sign_out(self, call: Call[Refresh]) -> Done:
        """End a session."""
        await self._commands.sign_out(call.body.refresh_token)
        return Done()

    async def follow(self, call: Call[None, HandlePath]) -> Done | Problem:
        """Follow someone."""
        return await self._relate(AccountFollowed, call)

    async def unfollow(self, call: Call[None, HandlePath]) -> Done | Problem:
        """Follow no more."""
        return await self._relate(AccountUnfollowed, call)

    async def block(self, call: Call[None, HandlePath]) -> Done | Problem:
        """Block someone."""
        return await self._relate(AccountBlocked, call)

    async def unblock(self, call: Call[None, HandlePath]) -> Done | Problem:
        """Block no more."""
        return await self._relate(AccountUnblocked, call)

    async def mute(self, call: Call[None, HandlePath]) -> Done | Problem:
        """Mute someone."""
        return await self._relate(AccountMuted, call)

    async def unmute(self, call: Call[None, HandlePath]) -> Done | Problem:
        """Mute no more."""
        return await self._relate(AccountUnmuted, call)

    async def _relate(self, what: Relation, call: Call[None, HandlePath]) -> Done | Problem:
        place = await self._commands.relate(what, call.account, call.path.handle)
        return place if isinstance(place, Problem) else Done([place])

    def _session(self, signed_in: SignedIn | Problem) -> Session | Problem:
        if isinstance(signed_in, Problem):
            return signed_in
        return Session(
            account_id=signed_in.account,
            access_token=self._tokens.issue(signed_in.account),
            expires_in=self._tokens.lifetime,
            refresh_token=signed_in.refresh_token,
        )


def routes(commands: AccountCommands, tokens: Tokens) -> Sequence[Route]:
    """Every route of accounts."""
    accounts = AccountRoutes(commands, tokens)
    return (
        route(
            "POST",
            "/v1/accounts",
            accounts.register,
            body=Register,
            returns=Registered,
            status=201,
            auth=Auth.NONE,
            rate=Rate.STRICT,
            problems=(HANDLE_TAKEN,),
            summary="Join",
            tag="accounts",
        ),
        route(
            "POST",
            "/v1/sessions",
            accounts.sign_in,
            body=SignIn,
            returns=Session,
            auth=Auth.NONE,
            rate=Rate.STRICT,
            problems=(BAD_CREDENTIALS,),
            summary="Sign in",
            tag="sessions",
        ),
        route(
            "POST",
            "/v1/sessions/refresh",
            accounts.refresh,
            body=Refresh,
            returns=Session,
            auth=Auth.NONE,
            problems=(SESSION_OVER,),
            summary="Spend a refresh token for new tokens",
            description="A token that was spent before ends its session.",
            tag="sessions",
        ),
        route(
            "POST",
            "/v1/sessions/end",
            accounts.sign_out,
            body=Refresh,
            returns=None,
            auth=Auth.NONE,
            summary="Sign out",
            tag="sessions",
        ),
        *_relations(accounts),
    )


def _relations(accounts: AccountRoutes) -> Sequence[Route]:
    changes: Sequence[tuple[Method, str, Change, str]] = (
        ("PUT", "follow", accounts.follow, "Follow someone"),
        ("DELETE", "follow", accounts.unfollow, "Follow someone no more"),
        ("PUT", "block", accounts.block, "Block someone: neither sees the other"),
        ("DELETE", "block", accounts.unblock, "Block someone no more"),
        ("PUT", "mute", accounts.mute, "Mute someone: you see no more of them"),
        ("DELETE", "mute", accounts.unmute, "Mute someone no more"),
    )
    return tuple(
        route(
            method,
            f"/v1/accounts/{{handle}}/{what}",
            handler,
            path=HandlePath,
            returns=None,
            waits_for=("accounts",),
            problems=(ACCOUNT_UNKNOWN, YOURSELF, BLOCKED)
            if (method, what) == ("PUT", "follow")
            else (ACCOUNT_UNKNOWN, YOURSELF),
            summary=summary,
            tag="accounts",
        )
        for method, what, handler, summary in changes
    )
