"""Commands: gather what the decision needs, decide, append."""

from functools import partial
from typing import NamedTuple
from uuid import UUID

from libs.events import (
    Event,
    KeyGone,
    Opener,
    PostCreated,
    PostLiked,
    PostSaved,
    PostUnliked,
    PostUnsaved,
    moment_of,
)
from libs.http.problems import Problem, in_body
from libs.http.shapes import AuthorView, Card, ReplyView
from libs.http.tries import ONE_TRY, Tries
from libs.log import Place, Publisher
from libs.people import Person, standing_at
from libs.projections import Frontier
from libs.views import Reads
from services.posts import decisions, problems
from services.posts.queries import PostQueries
from services.posts.tables import INTENTS, PEOPLE
from services.posts.text import handles_in

Toggle = type[PostLiked] | type[PostUnliked] | type[PostSaved] | type[PostUnsaved]


class Said(NamedTuple):
    """A post that was accepted, as its author sees it, and where it stands."""

    card: Card
    place: Place


class PostCommands:
    """What a signed-in account may do with posts."""

    def __init__(
        self, reads: Reads, queries: PostQueries, frontier: Frontier, publisher: Publisher, opener: Opener
    ) -> None:
        """All of the service's own; `opener` shows the author their own name."""
        self._reads, self._queries, self._frontier = reads, queries, frontier
        self._publisher, self._opener = publisher, opener

    async def create(
        self,
        post: UUID,
        author: UUID,
        text: str,
        lang: str | None,
        reply_to: UUID | None,
        tries: Tries = ONE_TRY,
    ) -> Said | Problem:
        """Say something. A retry (the same `post`, and `tries` that know the decision) says the very same."""
        person = (await PEOPLE.people(self._reads, [author])).get(author)
        if person is None:
            return problems.ACCOUNT_NOT_READY("Send the Qiao-Position of your sign-up as Qiao-Wait-For, or try again.")
        event = await self._decided(tries, post, author, text, lang or person.writes, reply_to)
        if isinstance(event, Problem):
            return event
        place = await self._append(event, author, post)
        return place if isinstance(place, Problem) else Said(await self._card(event, person), place)

    async def _decided(
        self, tries: Tries, post: UUID, author: UUID, text: str, lang: str, reply_to: UUID | None
    ) -> PostCreated | Problem:
        """What the first try decided, and no other: tables may say something else by now."""
        decision = tries.decision
        if decision is None:
            event = await self._decide(post, author, text, lang, reply_to)
            if not isinstance(event, Problem):
                decision = await tries.decide(decisions.kept(event))
            elif (decision := await tries.latest()) is None:
                return event
        return decisions.created_again(decision, post, author, text)

    async def _decide(
        self, post: UUID, author: UUID, text: str, lang: str, reply_to: UUID | None
    ) -> PostCreated | Problem:
        parent = await self._queries.find(reply_to) if reply_to else None
        if reply_to and parent is None:
            return problems.PARENT_UNKNOWN("", in_body("/reply_to", "was deleted, or never was"))
        blocked = parent is not None and await self._queries.blocks(parent.author, author)
        mentions = await self._mentions(text)
        return decisions.create(post, author, text, lang, mentions, parent, blocked=blocked)

    async def edit(self, post: UUID, editor: UUID, text: str, lang: str | None) -> Place | Problem:
        """Write it anew."""
        known = await self._queries.find(post)
        person = (await PEOPLE.people(self._reads, [editor])).get(editor)
        if person is None:
            return problems.ACCOUNT_NOT_READY("Send the Qiao-Position of your sign-up as Qiao-Wait-For, or try again.")
        event = decisions.edit(known, editor, text, lang or person.writes, await self._mentions(text))
        return event if isinstance(event, Problem) else await self._append(event, editor)

    async def delete(self, post: UUID, editor: UUID) -> Place | Problem:
        """Take it away, for ever."""
        event = decisions.delete(await self._queries.find(post), editor)
        return event if isinstance(event, Problem) else await self._append(event, editor)

    async def toggle(self, what: Toggle, post: UUID, account: UUID) -> Place | Problem:
        """Like, unlike, save or unsave; what stands already is not said again. Taking back needs no standing post."""
        known = await self._queries.look_up(post)
        if known is None or (known.deleted and what in (PostLiked, PostSaved)):
            return problems.POST_UNKNOWN()
        if what is PostLiked and await self._queries.blocks(known.author, account):
            return problems.BLOCKED()
        event = what(account=account, post=post)
        place = await standing_at(event, partial(INTENTS.stands, self._reads), self._frontier)
        return place or await self._append(event, account)

    async def _mentions(self, text: str) -> tuple[UUID, ...]:
        handles = handles_in(text)
        if not handles:
            return ()
        accounts = await PEOPLE.accounts_of(self._reads, handles)
        return tuple(dict.fromkeys(accounts[handle] for handle in handles if handle in accounts))

    async def _append(self, event: Event, actor: UUID, post: UUID | None = None) -> Place | Problem:
        """A new post's event takes the post's id and time, so that a retry appends the very same event."""
        now = moment_of(post) if post else None
        try:
            published = await self._publisher.publish(event, actor=actor, id=post, now=now)
        except KeyGone:
            return problems.ACCOUNT_ERASED()
        return published.place

    async def _card(self, event: PostCreated, person: Person) -> Card:
        [name] = await self._opener.open_many([person.display_name])
        reply = event.reply_to
        return Card(
            id=event.post,
            author=AuthorView(id=person.account, handle=person.handle, display_name=name or "", avatar=person.avatar),
            text=event.text,
            lang=event.lang,
            topics=event.topics,
            reply_to=ReplyView(post=reply.post, root=reply.root) if reply else None,
            created_at=moment_of(event.post),
        )
