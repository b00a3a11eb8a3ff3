"""Topic `accounts`, keyed by account: who is here."""

from uuid import UUID

from libs.events.event import Event, Personal, event

TOPIC = "accounts"


@event(topic=TOPIC, key="account", owner="account")
class AccountRegistered(Event, frozen=True, kw_only=True):
    """Someone joined. Of two that name one handle, the earlier (log time, account) owns it in every fold."""

    account: UUID
    """The new account: a UUIDv7 of the moment of registration."""
    handle: str
    """The name it is addressed by, without the @: 3 to 30 of a-z, 0-9 and _; it never changes."""
    display_name: Personal
    """The name it shows, in any script: one line of 1 to 50 characters."""
    reads: tuple[str, ...]
    """The languages it reads, BCP 47 tags such as en or zh-Hans, the most liked first; 1 to 10."""
    writes: str
    """The language it mostly writes, a BCP 47 tag."""


@event(topic=TOPIC, key="account", owner="account")
class ProfileChanged(Event, frozen=True, kw_only=True):
    """The whole profile as it is from now on, not only what differs."""

    account: UUID
    """Whose profile it is."""
    display_name: Personal
    """The name it shows, in any script: one line of 1 to 50 characters."""
    bio: Personal
    """What it says about itself; may be empty."""
    avatar: UUID | None = None
    """The photo (a media id of its own); None for none."""


@event(topic=TOPIC, key="account")
class LanguagesChanged(Event, frozen=True, kw_only=True):
    """The languages as they are from now on, both fields whole."""

    account: UUID
    """Whose languages they are."""
    reads: tuple[str, ...]
    """The languages it reads, BCP 47 tags such as en or zh-Hans, the most liked first; 1 to 10."""
    writes: str
    """The language it mostly writes, a BCP 47 tag."""


@event(topic=TOPIC, key="account")
class AccountDeletionRequested(Event, frozen=True, kw_only=True):
    """The owner asked to be deleted: hidden from now on, erased after the time of grace unless restored."""

    account: UUID
    """The account that is to go."""


@event(topic=TOPIC, key="account")
class AccountRestored(Event, frozen=True, kw_only=True):
    """The owner came back within the time of grace: everything shows again."""

    account: UUID
    """The account that stays."""


@event(topic=TOPIC, key="account")
class AccountErased(Event, frozen=True, kw_only=True):
    """The account's sealing key is destroyed: its personal fields cannot be opened any more, anywhere. Final."""

    account: UUID
    """The account that is gone."""
