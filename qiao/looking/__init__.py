"""Looking for events: which ones are wanted, where they can be, who did them and, with the right to, what they say."""

from qiao.looking.finding import NoSuchEvent, find_event, find_place
from qiao.looking.naming import Registrations
from qiao.looking.pipeline import Pipeline
from qiao.looking.searching import search
from qiao.looking.wanted import Wanted

__all__ = ["NoSuchEvent", "Pipeline", "Registrations", "Wanted", "find_event", "find_place", "search"]
