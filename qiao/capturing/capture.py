"""A capture from beginning to end. It only reads the log, and can be ended anywhere and run again."""

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol, runtime_checkable
from uuid import UUID

import msgspec

from libs.log import LogError
from libs.log.slices import Manifest, Selection, open_keys
from libs.log.slices.draft import Draft
from libs.log.slices.finished import manifest_of_same
from libs.log.slices.plan import Plan
from libs.log.stretches import Stretch, stretches
from libs.sqlite import in_thread
from qiao.capturing.following import find_closure
from qiao.capturing.index import index_path, remove_index
from qiao.capturing.matching import Selector
from qiao.capturing.owners import owners_in
from qiao.capturing.planning import make_plan
from qiao.capturing.steps import CaptureStep
from qiao.capturing.writing import Batcher
from qiao.sources import Source

_log = logging.getLogger(__name__)


class NothingNamed(LogError):
    """The log has nothing of what was asked for by name."""


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be captured, and by whom."""

    out: Path
    selection: Selection
    arguments: tuple[str, ...] = ()
    """The selection in the words of who asks: an unfinished capture goes on with the same words only."""
    passphrase: str | None = None
    """Seals the keys; None for a slice without keys."""
    operator: str = ""
    """Whom the record of keys names."""
    finished_will_do: bool = False
    """Whether the slice may be there already, made by the same capture: something is still to be made of it."""


class Outcome(NamedTuple):
    """A finished slice."""

    path: Path
    manifest: Manifest


@runtime_checkable
class _Exportable(Protocol):
    async def raw_keys(self, accounts: Iterable[UUID]) -> Mapping[UUID, bytes]:
        """The bytes of these accounts' keys."""


async def capture(source: Source, ask: Ask, told: Callable[[CaptureStep], object] = lambda step: None) -> Outcome:
    """Write the slice, or go on with it.

    Raises NothingNamed, CaptureDiffers, UnknownTopic, LogUnavailable (also of a full disk), LogError where the slice
    is there already or the source has no keys to give, and what the keys raise. Where `finished_will_do`, also what
    opening the slice raises, and WrongPassphrase.
    """
    if ask.passphrase is not None and not isinstance(source.keys, _Exportable):
        raise LogError(f"{source.name} has no keys to give: capture it without --with-keys")
    plan = await make_plan(source, ask.selection, ask.arguments, with_keys=ask.passphrase is not None)
    try:
        made = ask.finished_will_do and ask.out.exists()
        return Outcome(ask.out, await (_made_before(ask, plan) if made else _make(source, ask, plan, told)))
    finally:
        # Also where the end came just after the slice got its name, this time or another.
        if ask.out.exists():
            remove_index(index_path(ask.out))


async def _make(source: Source, ask: Ask, plan: Plan, told: Callable[[CaptureStep], object]) -> Manifest:
    draft = await in_thread(lambda: Draft(ask.out, plan))
    try:
        await _fill(source, draft, ask.out, told)
        return await _finish(source, draft, ask)
    finally:
        draft.close()


async def _made_before(ask: Ask, plan: Plan) -> Manifest:
    manifest = await in_thread(lambda: manifest_of_same(ask.out, plan))
    if ask.passphrase is not None:
        await open_keys(ask.out, ask.passphrase)
    return manifest


async def _fill(source: Source, draft: Draft, out: Path, told: Callable[[CaptureStep], object]) -> None:
    selection, bounds = draft.plan.selection, draft.plan.bounds
    wanted, matcher = None, Selector(selection)
    if selection.closure:
        wanted = await find_closure(source, draft.plan, index_path(out), told)
    left = {place: each._replace(start=draft.positions[place]) for place, each in bounds.items()}
    total = sum(each.end - each.start for each in bounds.values())

    def write(stretch: Stretch) -> None:
        records = stretch.records if selection.closure else [each for each in stretch.records if matcher.matches(each)]
        draft.add(records, stretch.positions)

    def done() -> None:
        behind = sum(draft.positions[place] - each.start for place, each in bounds.items())
        told(CaptureStep("writing", behind, total, draft.count))

    await Batcher(write, done).take_all(stretches(source.log, left, wanted), draft.positions)
    if draft.count == 0 and (selection.accounts or selection.posts or selection.correlations):
        draft.discard()
        remove_index(index_path(out))
        raise NothingNamed(f"{source.name} has nothing of what was named, in that time and those topics")


async def _finish(source: Source, draft: Draft, ask: Ask) -> Manifest:
    keys: Mapping[UUID, bytes] | None = None
    if ask.passphrase is not None and isinstance(source.keys, _Exportable):
        owners = await in_thread(lambda: owners_in(draft.values()))
        keys = await source.keys.raw_keys(sorted(owners))
        _log.warning(
            "keys of %d accounts leave with the slice %s, by %s", len(keys), ask.out.name, ask.operator or "unknown"
        )
    return await in_thread(lambda: draft.finish(keys, ask.passphrase or "", ask.operator))
