"""Tables of several generations side by side: which one serves, and reading and writing either by declared names."""

from libs.projections.generations.mapped import MappedViews, at_generation
from libs.projections.generations.places import tables_of
from libs.projections.generations.record import Building, Handover, Moved, Standing, change, read_standing, serving_of
from libs.projections.generations.serving import ServingViews

__all__ = [
    "Building",
    "Handover",
    "MappedViews",
    "Moved",
    "ServingViews",
    "Standing",
    "at_generation",
    "change",
    "read_standing",
    "serving_of",
    "tables_of",
]
