"""Following, muting, blocking, and taking it back."""

from uuid import UUID

import pytest

from libs.events import (
    AccountBlocked,
    AccountFollowed,
    AccountMuted,
    AccountUnblocked,
    AccountUnfollowed,
    AccountUnmuted,
    new_id,
)
from libs.vault import VaultUnavailable
from services.accounts.commands import Relation
from services.accounts.problems import ACCOUNT_UNKNOWN, BLOCKED, YOURSELF
from services.accounts.tables import BLOCKS
from tests.unit.services.accounts.town import Outage, Town, done, kind_of, newcomer

RELATIONS = [AccountFollowed, AccountUnfollowed, AccountMuted, AccountUnmuted, AccountBlocked, AccountUnblocked]


@pytest.fixture
async def amy(town: Town) -> UUID:
    account = new_id()
    done(await town.process().register(account, new_id(), newcomer("amy")))
    return account


@pytest.mark.parametrize("what", RELATIONS)
async def test_what_someone_decides_about_someone_is_in_the_log(town: Town, amy: UUID, what: Relation) -> None:
    me = new_id()
    done(await town.process().relate(what, me, "Amy"))
    assert await town.events("relationships") == [what(account=me, target=amy)]


@pytest.mark.parametrize("what", RELATIONS)
async def test_whose_registration_died_before_it_was_confirmed_is_known_to_others(town: Town, what: Relation) -> None:
    amy, me = new_id(), new_id()
    with pytest.raises(VaultUnavailable):
        await town.process(Outage(4)).register(amy, new_id(), newcomer("amy"))
    await town.catches_up()
    done(await town.process().relate(what, me, "amy"))
    assert await town.events("relationships") == [what(account=me, target=amy)]


@pytest.mark.parametrize("what", RELATIONS)
async def test_what_stands_already_is_not_appended_again(town: Town, amy: UUID, what: Relation) -> None:
    me, commands = new_id(), town.process()
    first = await commands.relate(what, me, "amy")
    await town.catches_up()
    assert await commands.relate(what, me, "amy") == first
    assert len(await town.events("relationships")) == 1


@pytest.mark.parametrize(("on", "off"), list(zip(RELATIONS[::2], RELATIONS[1::2], strict=True)))
async def test_the_last_decision_wins_however_far_behind_the_fold_is(
    town: Town, amy: UUID, on: Relation, off: Relation
) -> None:
    me, commands = new_id(), town.process()
    done(await commands.relate(on, me, "amy"))
    await town.catches_up()
    for what in (off, on):  # "on" stands in the tables all the while
        done(await commands.relate(what, me, "amy"))
    assert [type(event) for event in await town.events("relationships")] == [on, off, on]


@pytest.mark.parametrize("what", RELATIONS)
async def test_nobody_decides_anything_about_nobody_or_themselves(town: Town, amy: UUID, what: Relation) -> None:
    assert kind_of(await town.process().relate(what, new_id(), "nobody")) == ACCOUNT_UNKNOWN
    assert kind_of(await town.process().relate(what, amy, "amy")) == YOURSELF
    assert await town.events("relationships") == []


async def test_nobody_follows_whoever_blocks_them_but_anything_else_is_their_own_business(
    town: Town, amy: UUID
) -> None:
    me = new_id()
    await town.views.write(list(town.folded.fold(AccountBlocked(account=amy, target=me)).rows.values()))
    assert await BLOCKS.blocks(town.views, amy, me)
    assert kind_of(await town.process().relate(AccountFollowed, me, "amy")) == BLOCKED
    done(await town.process().relate(AccountUnfollowed, me, "amy"))
    done(await town.process().relate(AccountBlocked, me, "amy"))
