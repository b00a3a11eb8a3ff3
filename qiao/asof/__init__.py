"""Answers as they were: only the events that an answer rests on are folded, and then it is asked for."""
