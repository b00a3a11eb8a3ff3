"""A service's own copy of who is who: its tables, the handlers that fill them, and the reads."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from libs.events import AccountRegistered, Event, LanguagesChanged, Meta, ProfileChanged
from libs.people.owners import Owners
from libs.people.tables import (
    LanguagesFacet,
    Person,
    PersonFacet,
    ProfileFacet,
    RegisteredFacet,
    people_table,
)
from libs.projections import Handler, Out, folds
from libs.views import Reads, Table

FACETS = 8


class Directory:
    """Who is who, for one service."""

    def __init__(self, service: str) -> None:
        """Declare it once per service: a table is compared by identity."""
        self._people = people_table(service)
        self._owners = Owners(service)

    @property
    def tables(self) -> tuple[Table[Any], ...]:
        """For the service's projection."""
        return (self._people, *self._owners.tables)

    @property
    def handlers(self) -> Sequence[tuple[type[Event], Handler]]:
        """For the service's projection."""
        return (
            folds(AccountRegistered, self._registered),
            folds(ProfileChanged, self._profile_changed),
            folds(LanguagesChanged, self._languages_changed),
        )

    def _registered(self, event: AccountRegistered, meta: Meta, out: Out) -> None:
        body = RegisteredFacet(
            handle=event.handle, display_name=event.display_name, reads=event.reads, writes=event.writes
        )
        out.put(self._people, PersonFacet(event.account, "registered", body))
        self._owners.registered(event, meta, out)

    def _profile_changed(self, event: ProfileChanged, meta: Meta, out: Out) -> None:
        body = ProfileFacet(display_name=event.display_name, bio=event.bio, avatar=event.avatar)
        out.put(self._people, PersonFacet(event.account, "profile", body))

    def _languages_changed(self, event: LanguagesChanged, meta: Meta, out: Out) -> None:
        out.put(
            self._people,
            PersonFacet(event.account, "languages", LanguagesFacet(reads=event.reads, writes=event.writes)),
        )

    async def account_of(self, reads: Reads, handle: str) -> UUID | None:
        """Who owns a handle; None if nobody was seen to register it."""
        return await self._owners.account_of(reads, handle)

    async def accounts_of(self, reads: Reads, handles: Sequence[str]) -> dict[str, UUID]:
        """Who owns which of these handles; those of nobody are left out."""
        return await self._owners.accounts_of(reads, handles)

    async def people(self, reads: Reads, accounts: Iterable[UUID]) -> dict[UUID, Person]:
        """These people, each once; those never seen to register are left out."""
        wanted = list(dict.fromkeys(accounts))
        found = await reads.scan_many(self._people, [(account,) for account in wanted], limit=FACETS)
        return {person.account: person for facets in found if (person := _person(facets)) is not None}


def _person(facets: Sequence[PersonFacet]) -> Person | None:
    registered: RegisteredFacet | None = None
    profile: ProfileFacet | None = None
    languages: LanguagesFacet | None = None
    for facet in facets:
        match facet.body:
            case RegisteredFacet() as registered:
                pass
            case ProfileFacet() as profile:
                pass
            case LanguagesFacet() as languages:
                pass
    if registered is None:
        return None
    spoken = languages or registered
    return Person(
        account=facets[0].account,
        handle=registered.handle,
        display_name=profile.display_name if profile else registered.display_name,
        bio=profile.bio if profile else None,
        avatar=profile.avatar if profile else None,
        reads=spoken.reads,
        writes=spoken.writes,
    )
