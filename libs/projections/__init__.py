"""Log -> views: the host that runs handlers; batches, retries, parking, redrive, progress."""

from libs.projections.failures import PartitionStopped, ProjectionRefused
from libs.projections.folding import FoldStores
from libs.projections.frontier import Frontier
from libs.projections.host import Host
from libs.projections.moves import Moves
from libs.projections.progress import ViewProgress
from libs.projections.projection import Handler, Need, Out, Projection, Recount, Second, folds
from libs.projections.tables import PARKED, PROGRESS, Tally, tally_table, total

SYSTEM_TABLES = (PROGRESS, PARKED)

__all__ = [
    "SYSTEM_TABLES",
    "FoldStores",
    "Frontier",
    "Handler",
    "Host",
    "Moves",
    "Need",
    "Out",
    "PartitionStopped",
    "Projection",
    "ProjectionRefused",
    "Recount",
    "Second",
    "Tally",
    "ViewProgress",
    "folds",
    "tally_table",
    "total",
]
