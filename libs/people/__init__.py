"""WHO is who, and who blocks whom: the folds that every service needs which shows people or lets them meet.

A service owns its copy of these tables (`Directory("posts")` makes `posts.people` and `posts.handles`), because
services never read each other's; the fold itself is written once, here.
"""

from libs.people.blocks import Blocks
from libs.people.directory import Directory
from libs.people.tables import Languages, Person, Profile, Registered

__all__ = ["Blocks", "Directory", "Languages", "Person", "Profile", "Registered"]
