"""Who lives in the sample world, and what they say: sample.toml, typed."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import msgspec

SAMPLE_HANDLE = "mei"
SAMPLE_PASSWORD = "bridge-bridge"  # noqa: S105 - the sample world's, on one's own machine


class Inhabitant(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One of them. All have the same password."""

    handle: str
    name: str
    reads: tuple[str, ...]
    writes: str
    follows: tuple[str, ...]


class Saying(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One post, and the handles of those who like and save it."""

    name: str
    by: str
    text: str
    to: str = ""
    """The name of the post that it answers."""
    likes: tuple[str, ...] = ()
    saves: tuple[str, ...] = ()


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """The whole world; posts in the order of saying them."""

    people: Sequence[Inhabitant]
    posts: Sequence[Saying]


@cache
def sample() -> Sample:
    """Read once."""
    return msgspec.toml.decode(files("qiao.world").joinpath("sample.toml").read_bytes(), type=Sample)
