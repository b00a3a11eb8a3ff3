"""The sample world: a few people of both languages, what they say to each other, and how to sign in as one of them."""

from qiao.world.people import SAMPLE_HANDLE, SAMPLE_PASSWORD
from qiao.world.seeding import Seeded, seed
from qiao.world.welcome import is_empty, sign_in_hint

__all__ = ["SAMPLE_HANDLE", "SAMPLE_PASSWORD", "Seeded", "is_empty", "seed", "sign_in_hint"]
