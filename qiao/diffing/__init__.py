"""Comparing tables: two replays, a replay and the live views, or what two versions of the code make of one log."""
