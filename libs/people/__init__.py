"""WHO is who, who blocks whom, what people last decided: the folds of every service that lets people meet.

A service owns its copy of these tables (`Directory("posts")` makes `posts.people` and `posts.handles`), because
services never read each other's; the fold itself is written once, here.
"""

from libs.people.blocks import Blocks
from libs.people.directory import Directory
from libs.people.intents import Intents, Says, standing_at
from libs.people.tables import Languages, Person, Profile, Registered

__all__ = ["Blocks", "Directory", "Intents", "Languages", "Person", "Profile", "Registered", "Says", "standing_at"]
