"""The first event after which two folds of the same events differ."""

from collections.abc import Mapping, Sequence

from qiao.diffing.differences import Columns, Parting
from qiao.diffing.witnessing import Witnessed


def first_parting(a: Sequence[Witnessed], b: Sequence[Witnessed]) -> Parting | None:
    """Where the states of a row are not the same for the first time; None where they always are."""
    events = sorted({each.at: each.type for each in (*a, *b)}.items())
    changes = [{(each.at, each.row): each.columns for each in side} for side in (a, b)]
    rows = {each.row for each in (*a, *b)}
    states: tuple[dict[str, Columns | None], dict[str, Columns | None]] = ({}, {})
    for at, kind in events:
        for row in sorted(rows):
            for side, change in zip(states, changes, strict=True):
                if (at, row) in change:
                    side[row] = change[at, row]
            left, right = (side.get(row) for side in states)
            if not _alike(left, right):
                return Parting(place=str(at.place), type=kind, row=row, a=left, b=right)
    return None


def parting_from(a: Sequence[Witnessed], stands: Mapping[str, Columns | None]) -> Parting | None:
    """The same where of the other side only the end is known: the first event after the last time that a row agreed.

    Where no row ever did, no event made the first of them what it is. None where all agree in the end.
    """
    parted: list[Witnessed] = []
    unexplained: list[Parting] = []
    for row, right in sorted(stands.items()):
        history = [each for each in a if each.row == row]
        last = history[-1].columns if history else None
        if _alike(last, right):
            continue
        after = _after_agreement(history, right)
        if after is None:
            unexplained.append(Parting(place="", type="", row=row, a=last, b=right))
        else:
            parted.append(after)
    if not parted:
        return unexplained[0] if unexplained else None
    first = min(parted, key=lambda each: (each.at, each.row))
    return Parting(place=str(first.at.place), type=first.type, row=first.row, a=first.columns, b=stands[first.row])


def _after_agreement(history: Sequence[Witnessed], right: Columns | None) -> Witnessed | None:
    """The first change after the last time that the row was `right`; None where it never was."""
    agreed = [count for count, each in enumerate(history) if _alike(each.columns, right)]
    if not agreed and right is not None:
        return None
    return history[agreed[-1] + 1 if agreed else 0]


def _alike(a: Columns | None, b: Columns | None) -> bool:
    """In the columns that both versions know."""
    if a is None or b is None:
        return a is b
    return all(a[name] == b[name] for name in a.keys() & b.keys())
