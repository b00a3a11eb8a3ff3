"""What a directory holds: one small partition per account, and who owns which handle."""

from uuid import UUID

import msgspec

from libs.views import Table, asc


class RegisteredFacet(msgspec.Struct, frozen=True, kw_only=True, tag="registered"):
    """The account as it came."""

    handle: str
    display_name: str
    """Sealed."""
    reads: tuple[str, ...]
    writes: str


class ProfileFacet(msgspec.Struct, frozen=True, kw_only=True, tag="profile"):
    """What the person last said of themselves."""

    display_name: str
    """Sealed."""
    bio: str
    """Sealed."""
    avatar: UUID | None


class LanguagesFacet(msgspec.Struct, frozen=True, kw_only=True, tag="languages"):
    """The languages last declared, as BCP 47 tags."""

    reads: tuple[str, ...]
    writes: str


class PersonFacet(msgspec.Struct, frozen=True):
    """One fact about an account; `facet` is the tag of the body."""

    account: UUID
    facet: str
    body: RegisteredFacet | ProfileFacet | LanguagesFacet


class HandleClaim(msgspec.Struct, frozen=True):
    """An account that registered a handle. Should there be two, the first row owns it: the log decides, not a clock."""

    handle: str
    since: int
    """The log's time of the registration, milliseconds since 1970 UTC."""
    account: UUID


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """An account as its facets add up. Names are sealed."""

    account: UUID
    handle: str
    display_name: str
    bio: str | None
    avatar: UUID | None
    reads: tuple[str, ...]
    writes: str


def people_table(service: str) -> Table[PersonFacet]:
    """The people of one service."""
    return Table(f"{service}.people", PersonFacet, partition=("account",), clustering=(asc("facet"),))


def handles_table(service: str) -> Table[HandleClaim]:
    """The handles of one service."""
    return Table(f"{service}.handles", HandleClaim, partition=("handle",), clustering=(asc("since"), asc("account")))
