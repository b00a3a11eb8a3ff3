"""The services: each one's projection, and its routes over the stores. A new service is one more line here."""

import time
from collections.abc import Callable, Mapping, Sequence

import msgspec

from libs.events import Opener
from libs.http import Route, Tokens
from libs.log import Publisher
from libs.projections import Frontier, Projection, ViewProgress
from qiao.settings import Settings
from qiao.stores import Stores
from services.accounts import handlers as accounts_handlers
from services.accounts import http as accounts_http
from services.accounts.commands import AccountCommands
from services.accounts.guesses import Guesses
from services.feeds import handlers as feeds_handlers
from services.feeds import http as feeds_http
from services.feeds.queries.facts import FactReader
from services.feeds.queries.profiles import Profiles
from services.feeds.queries.timelines import Timelines
from services.posts import handlers as posts_handlers
from services.posts import http as posts_http
from services.posts.commands import PostCommands
from services.posts.queries import PostQueries


class Service(msgspec.Struct, frozen=True):
    """A service as the composition needs it."""

    projection: Callable[[Settings], Projection]
    routes: Callable[[Stores, Tokens, Guesses | None], Sequence[Route]]


def frontier_of(projection: str, stores: Stores) -> Frontier:
    """What tells how far a projection is, beside the end of the log."""
    return Frontier(projection, stores.log, stores.views, ViewProgress(stores.views, stores.vault))


def account_commands(stores: Stores, guesses: Guesses | None) -> AccountCommands:
    """Over these stores; all that check passwords in one process count wrong ones together."""
    publisher = Publisher(stores.log, stores.keys, "/accounts")
    frontier = frontier_of("accounts", stores)
    return AccountCommands(stores.vault, stores.keys, stores.views, frontier, publisher, guesses)


def _accounts_routes(stores: Stores, tokens: Tokens, guesses: Guesses | None) -> Sequence[Route]:
    return accounts_http.routes(account_commands(stores, guesses), tokens)


def _posts_routes(stores: Stores, tokens: Tokens, guesses: Guesses | None) -> Sequence[Route]:
    publisher, opener = Publisher(stores.log, stores.keys, "/posts"), Opener(stores.keys)
    frontier = frontier_of("posts", stores)
    queries = PostQueries(stores.views, frontier, lambda: time.time_ns() // 1_000_000)
    return posts_http.routes(PostCommands(stores.views, queries, frontier, publisher, opener))


def _feeds_routes(stores: Stores, tokens: Tokens, guesses: Guesses | None) -> Sequence[Route]:
    opener = Opener(stores.keys)
    facts = FactReader(stores.views, frontier_of("feeds", stores))
    return feeds_http.routes(Timelines(stores.views, opener), Profiles(stores.views, opener), facts)


SERVICES: Mapping[str, Service] = {
    "accounts": Service(lambda _: accounts_handlers.projection(), _accounts_routes),
    "posts": Service(lambda _: posts_handlers.projection(), _posts_routes),
    "feeds": Service(lambda settings: feeds_handlers.projection(settings.follower_threshold), _feeds_routes),
}


def projections(settings: Settings, names: Sequence[str] = ()) -> list[Projection]:
    """The projections of these services, of all where none is named. Raises KeyError for an unknown one."""
    return [SERVICES[name].projection(settings) for name in names or SERVICES]


def routes(stores: Stores, tokens: Tokens, guesses: Guesses | None = None) -> list[Route]:
    """Every route of every service. Without `guesses` nobody counts wrong passwords."""
    return [route for service in SERVICES.values() for route in service.routes(stores, tokens, guesses)]
