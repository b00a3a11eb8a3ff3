"""Follows, mutes and blocks, seen from both sides."""

from collections.abc import Sequence
from uuid import UUID

from libs.events import (
    AccountBlocked,
    AccountFollowed,
    AccountMuted,
    AccountUnblocked,
    AccountUnfollowed,
    AccountUnmuted,
    Meta,
)
from libs.projections import Need, Out
from services.feeds.tables import BLOCKED_BY, FOLLOWERS, RELATIONS, BlockedBy, Follower, Relation

FOLLOWING, MUTING, BLOCKING = "following", "muting", "blocking"


def follow_needs(event: AccountFollowed | AccountUnfollowed, meta: Meta) -> Sequence[Need]:
    """Whether it is followed already."""
    return (Need(RELATIONS, (event.account, FOLLOWING, event.target)),)


def followed(event: AccountFollowed, meta: Meta, out: Out) -> None:
    """A follow that stands already is left alone, and with it the coverage that belongs to it."""
    _set_follow(event, True, meta, out)


def unfollowed(event: AccountUnfollowed, meta: Meta, out: Out) -> None:
    """Pushed rows stay where they are: the read asks whom the reader follows."""
    _set_follow(event, False, meta, out)


def blocked(event: AccountBlocked, meta: Meta, out: Out) -> None:
    """Neither sees the other."""
    _set_block(event.account, event.target, True, meta, out)


def unblocked(event: AccountUnblocked, meta: Meta, out: Out) -> None:
    """The block is over."""
    _set_block(event.account, event.target, False, meta, out)


def muted(event: AccountMuted, meta: Meta, out: Out) -> None:
    """Only the one who mutes sees less."""
    out.put(RELATIONS, Relation(event.account, MUTING, event.target, True, meta.envelope.id))


def unmuted(event: AccountUnmuted, meta: Meta, out: Out) -> None:
    """The mute is over."""
    out.put(RELATIONS, Relation(event.account, MUTING, event.target, False, meta.envelope.id))


def _set_follow(event: AccountFollowed | AccountUnfollowed, on: bool, meta: Meta, out: Out) -> None:
    """What a crash has left of this very event's rows is written whole again: only what another event did stands."""
    account, target, id_ = event.account, event.target, meta.envelope.id
    before = out.get(RELATIONS, account, FOLLOWING, target)
    changes = on != (before is not None and before.on)
    if not changes and (before is None or before.event != id_):
        out.no_second_phase()
        return
    out.put(RELATIONS, Relation(account, FOLLOWING, target, on, id_))
    out.put(FOLLOWERS, Follower(target, meta.partition, account, on))
    if changes:
        out.add("followers", target, 1 if on else -1)
        out.add("following", account, 1 if on else -1)


def _set_block(account: UUID, target: UUID, on: bool, meta: Meta, out: Out) -> None:
    out.put(RELATIONS, Relation(account, BLOCKING, target, on, meta.envelope.id))
    out.put(BLOCKED_BY, BlockedBy(target, account, on))
