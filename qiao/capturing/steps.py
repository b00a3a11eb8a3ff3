"""How far a capture is, for whoever watches."""

from typing import Literal, NamedTuple

StepName = Literal["looking", "following", "writing"]


class CaptureStep(NamedTuple):
    """Told often. `done` and `total` count offsets of the log; following causes and effects has no total."""

    name: StepName
    done: int
    total: int
    taken: int
    """Events that belong to the slice, as far as is known."""
