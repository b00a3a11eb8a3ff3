"""WHO is who: the fold of accounts that every service needs which shows people or resolves handles.

A service owns its copy of these tables (`Directory("posts")` makes `posts.people` and `posts.handles`), because
services never read each other's; the fold itself is written once, here.
"""

from libs.people.directory import Directory
from libs.people.tables import Languages, Person, Profile, Registered

__all__ = ["Directory", "Languages", "Person", "Profile", "Registered"]
