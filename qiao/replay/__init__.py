"""Replay: folding a log once more, into scratch views, to see the platform as it was.

Own-key tables come out byte-identical to those that any correct fold makes of the same events; crossing tables (home,
coverage) may differ in rows, never in the answers they give. One slice gives the same bytes of both every time.
"""
