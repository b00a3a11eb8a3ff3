"""Topic `relationships`, keyed by the account that acts. Toggles: the last one in the log stands."""

from uuid import UUID

from libs.events.event import Event, event

TOPIC = "relationships"


@event(topic=TOPIC, key="account")
class AccountFollowed(Event, frozen=True, kw_only=True):
    """The target's posts belong to the account's home from now on."""

    account: UUID
    """Who follows."""
    target: UUID
    """Who is followed; never the account itself."""


@event(topic=TOPIC, key="account")
class AccountUnfollowed(Event, frozen=True, kw_only=True):
    """The follow is over."""

    account: UUID
    """Who followed."""
    target: UUID
    """Who was followed."""


@event(topic=TOPIC, key="account")
class AccountBlocked(Event, frozen=True, kw_only=True):
    """Neither sees the other from now on. Follows between them count for nothing while it lasts."""

    account: UUID
    """Who blocks."""
    target: UUID
    """Who is blocked; never the account itself."""


@event(topic=TOPIC, key="account")
class AccountUnblocked(Event, frozen=True, kw_only=True):
    """The block is over."""

    account: UUID
    """Who blocked."""
    target: UUID
    """Who was blocked."""


@event(topic=TOPIC, key="account")
class AccountMuted(Event, frozen=True, kw_only=True):
    """The account's timelines leave the target out from now on; the target is not told."""

    account: UUID
    """Who mutes."""
    target: UUID
    """Who is muted; never the account itself."""


@event(topic=TOPIC, key="account")
class AccountUnmuted(Event, frozen=True, kw_only=True):
    """The mute is over."""

    account: UUID
    """Who muted."""
    target: UUID
    """Who was muted."""
