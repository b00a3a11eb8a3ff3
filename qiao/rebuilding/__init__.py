"""`qiao rebuild`: asking for it, and telling how far it is and what came of it."""
