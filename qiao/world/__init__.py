"""The sample world: a few people of both languages, what they say to each other, and how to sign in as one of them."""

from qiao.world.sample import SAMPLE_HANDLE, SAMPLE_PASSWORD
from qiao.world.seeding import Seeded, seed

__all__ = ["SAMPLE_HANDLE", "SAMPLE_PASSWORD", "Seeded", "seed"]
