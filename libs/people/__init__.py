"""WHO is who, who blocks whom, what people last decided: the folds of every service that lets people meet.

A service owns its copy of these tables (`Directory("posts")` makes `posts.people` and `posts.handles`), because
services never read each other's; the fold itself is written once, here.
"""

from libs.people.audiences import AudienceNotKept, check_audience
from libs.people.blocks import Blocks
from libs.people.directory import Directory
from libs.people.intents import Intents, Says, standing_at
from libs.people.owners import Owners
from libs.people.tables import LanguagesFacet, Person, ProfileFacet, RegisteredFacet

__all__ = [
    "AudienceNotKept",
    "Blocks",
    "Directory",
    "Intents",
    "LanguagesFacet",
    "Owners",
    "Person",
    "ProfileFacet",
    "RegisteredFacet",
    "Says",
    "check_audience",
    "standing_at",
]
