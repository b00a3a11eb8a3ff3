"""What a slice is complete for: never more than what its source had and what was asked for."""

from collections.abc import Callable

from msgspec.structs import replace

from libs.log.slices import Claim, Manifest, Selection

_EVERYTHING = Claim(kind="everything")


def narrowed(selection: Selection, source: Manifest | None, now: int) -> Selection:
    """With the times that the slice can really have: what is to come is in no log yet, and a slice ends where it ends.

    `now` in milliseconds since 1970 UTC.
    """
    had = source.selection if source else Selection()
    until = selection.until if selection.until is not None and selection.until <= now else None
    return replace(selection, since=_both(max, selection.since, had.since), until=_both(min, until, had.until))


def claims(selection: Selection, source: Manifest | None) -> tuple[Claim, ...]:
    """Of a log (`source` is None), or of a slice that is cut again. `selection` is narrowed already."""
    wanted = _claimed(selection)
    if source is None or _has_everything(source, selection):
        return wanted
    return tuple(claim for claim in wanted if claim in source.complete_for)


def _both(better: Callable[[int, int], int], one: int | None, other: int | None) -> int | None:
    return better(one, other) if one is not None and other is not None else one if other is None else other


def _claimed(selection: Selection) -> tuple[Claim, ...]:
    groups = {
        "topic": selection.topics,
        "account": selection.accounts,
        "post": selection.posts,
        "correlation": selection.correlations,
    }
    given = [(kind, names) for kind, names in groups.items() if names]
    if not given:
        return (_EVERYTHING,)
    if len(given) > 1:
        # They narrow each other: nothing is there whole.
        return ()
    [(kind, names)] = given
    return tuple(Claim(kind=kind, name=str(each), closure=selection.closure) for each in names)  # type: ignore[arg-type]


def _has_everything(source: Manifest, selection: Selection) -> bool:
    """Whether nothing that was asked for is missing in the source: causes from before its beginning would be."""
    return _EVERYTHING in source.complete_for and not (selection.closure and source.selection.since is not None)
