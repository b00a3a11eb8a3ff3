"""Slices: a part of a log in a file of its own, with the places, epochs and times that its records had there.

A slice is the embedded log's own file (`libs.log.embedded`) with one table more, `slice`, that holds the manifest:
what was taken, what that is complete for, and a checksum per partition. Replaying on a laptop is opening it.
"""

from libs.log.slices.manifest import (
    Claim,
    KeysGiven,
    Manifest,
    PartitionPart,
    Selection,
    TopicPart,
)
from libs.log.slices.opening import NotASlice, Slice, SliceBroken, SliceTooNew, is_slice, open_slice
from libs.log.slices.passphrase import SliceKeys, WrongPassphrase, open_keys

__all__ = [
    "Claim",
    "KeysGiven",
    "Manifest",
    "NotASlice",
    "PartitionPart",
    "Selection",
    "Slice",
    "SliceBroken",
    "SliceKeys",
    "SliceTooNew",
    "TopicPart",
    "WrongPassphrase",
    "is_slice",
    "open_keys",
    "open_slice",
]
