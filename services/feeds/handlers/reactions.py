"""Likes and saves: toggles that count once however often they are repeated."""

from collections.abc import Callable, Sequence
from uuid import UUID

from libs.events import Meta, PostLiked, PostSaved, PostUnliked, PostUnsaved
from libs.projections import Need, Out
from services.feeds.tables import REACTIONS_BY, REACTIONS_ON, SAVES, ReactionBy, ReactionOn, Save

LIKE, SAVE = "like", "save"
TALLY_OF = {LIKE: "likes", SAVE: "saves"}

Reaction = PostLiked | PostUnliked | PostSaved | PostUnsaved


def _needs(kind: str) -> Callable[[Reaction, Meta], Sequence[Need]]:
    def needs(event: Reaction, meta: Meta) -> Sequence[Need]:
        return (Need(REACTIONS_BY, (event.account, kind, event.post)),)

    return needs


like_needs = _needs(LIKE)
save_needs = _needs(SAVE)


def liked(event: PostLiked, meta: Meta, out: Out) -> None:
    """One more like, if it is new."""
    _toggle(LIKE, event.account, event.post, True, meta, out)


def unliked(event: PostUnliked, meta: Meta, out: Out) -> None:
    """One like less, if there was one."""
    _toggle(LIKE, event.account, event.post, False, meta, out)


def saved(event: PostSaved, meta: Meta, out: Out) -> None:
    """Saved again it keeps its place in the order of saving: the row of the repetition counts for nothing."""
    _toggle(SAVE, event.account, event.post, True, meta, out)
    out.put(SAVES, Save(event.account, meta.envelope.id, event.post))


def unsaved(event: PostUnsaved, meta: Meta, out: Out) -> None:
    """The row in the order of saving stays: it counts no more, because another toggle stands."""
    _toggle(SAVE, event.account, event.post, False, meta, out)


def _toggle(kind: str, account: UUID, post: UUID, on: bool, meta: Meta, out: Out) -> None:
    """What stands already is left alone.

    What a crash has left of this very event's rows is written whole again: only what another event did stands.
    """
    before, id_ = out.get(REACTIONS_BY, account, kind, post), meta.envelope.id
    changes = on != (before is not None and before.on)
    if not changes and (before is None or before.event != id_):
        return
    out.put(REACTIONS_BY, ReactionBy(account, kind, post, on, id_))
    out.put(REACTIONS_ON, ReactionOn(post, kind, meta.partition, account, on))
    if changes:
        out.add(TALLY_OF[kind], post, 1 if on else -1)
