"""The journey of a post: what it caused, across services and topics, told from the log and the views alone."""

from qiao.journeys.journey import Journeys, PostNotInLog
from qiao.journeys.shapes import Handled, Journey, Rows, Step

__all__ = ["Handled", "Journey", "Journeys", "PostNotInLog", "Rows", "Step"]
