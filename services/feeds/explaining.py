"""The route that tells people why a post is, or is not, in their home: only what concerns themselves."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from libs.http import Call, Problem, Route, route
from libs.http.kinds import POST_UNKNOWN
from libs.http.paths import PostPath
from services.feeds.queries.facts import FactReader
from services.feeds.queries.reasons import words
from services.feeds.queries.why import Ruling, Why, why


class DecidedBy(msgspec.Struct, frozen=True, kw_only=True):
    """An event of the reader's own, or the writing of the post."""

    type: str
    event: UUID | None
    """Its id; null for the post's own, which is known by the post's."""
    at: datetime


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """What one rule says."""

    rule: str
    passes: bool
    text: str
    """One sentence, in English."""
    zh: str
    """The same in Chinese."""
    decided_by: tuple[DecidedBy, ...] = ()


class WhyView(msgspec.Struct, frozen=True, kw_only=True):
    """Whether home shows a post, and each rule in turn: it shows where all of them pass."""

    post: UUID
    shown: bool
    rules: tuple[RuleView, ...]


class Explanations:
    """Handlers over the facts."""

    def __init__(self, facts: FactReader) -> None:
        """They say how far feeds is, too, where they know."""
        self._facts = facts

    async def why(self, call: Call[None, PostPath]) -> WhyView | Problem:
        """Why it is, or is not, in the viewer's home."""
        now_ms = int(call.received.timestamp() * 1000)
        return told(why(await self._facts.read(call.path.id, call.account, now_ms))) or POST_UNKNOWN()


def told(told_all: Why) -> WhyView | None:
    """What the reader may know; None where the post is to them as if it had never been."""
    if any(not ruling.passes and not words(ruling).en for ruling in told_all.rulings):
        return None
    rules = tuple(_view(ruling, told_all.reader) for ruling in told_all.rulings if words(ruling).en)
    return WhyView(post=told_all.post, shown=told_all.shown, rules=rules)


def _view(ruling: Ruling, reader: UUID) -> RuleView:
    said = words(ruling)
    # Of a reply that is hidden not even the reader's own part is told: what is left would tell of the other's.
    evidence = () if ruling.rule == "reply" else ruling.evidence
    return RuleView(
        rule=ruling.rule,
        passes=ruling.passes,
        text=said.en,
        zh=said.zh,
        decided_by=tuple(
            DecidedBy(type=each.type, event=each.event, at=datetime.fromtimestamp(each.at_ms / 1000, UTC))
            for each in evidence
            if each.type == "PostCreated" or each.key == reader
        ),
    )


def routes(facts: FactReader, waits_for: Sequence[str]) -> Sequence[Route]:
    """The one route."""
    return (
        route(
            "GET",
            "/v1/posts/{id}/why",
            Explanations(facts).why,
            path=PostPath,
            returns=WhyView,
            waits_for=waits_for,
            problems=(POST_UNKNOWN,),
            summary="Why a post is, or is not, in your home",
            description="Each rule in turn. It tells only what concerns you: your own follows, mutes and blocks. "
            "A post that is deleted, or whose author blocks you, is to you as if it had never been.",
            tag="posts",
        ),
    )
