"""Capture: a part of a log into a slice, with what caused it and what it caused if asked."""

from qiao.capturing.capture import Ask, NothingNamed, Outcome, capture
from qiao.capturing.steps import CaptureStep

__all__ = ["Ask", "CaptureStep", "NothingNamed", "Outcome", "capture"]
