"""Topic `reactions`, keyed by the account that acts. Toggles: the last one in the log stands."""

from uuid import UUID

from libs.events.event import Event, event

TOPIC = "reactions"


@event(topic=TOPIC, key="account")
class PostLiked(Event, frozen=True, kw_only=True):
    """A like, seen by all and counted."""

    account: UUID
    """Who likes."""
    post: UUID
    """What is liked."""


@event(topic=TOPIC, key="account")
class PostUnliked(Event, frozen=True, kw_only=True):
    """The like is taken back."""

    account: UUID
    """Who liked."""
    post: UUID
    """What was liked."""


@event(topic=TOPIC, key="account")
class PostSaved(Event, frozen=True, kw_only=True):
    """Kept in the account's own list; only the number of saves is shown to others."""

    account: UUID
    """Who saves."""
    post: UUID
    """What is saved."""


@event(topic=TOPIC, key="account")
class PostUnsaved(Event, frozen=True, kw_only=True):
    """Taken out of the account's own list."""

    account: UUID
    """Who saved."""
    post: UUID
    """What was saved."""
