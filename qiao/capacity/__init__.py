"""What a number of people needs: pure formulas from what the bench measured (docs/operating/capacity.md)."""

from qiao.capacity.hardware import Hardware
from qiao.capacity.measured import MEASURED, Measured
from qiao.capacity.needs import Needs, needs
from qiao.capacity.workload import WORKLOADS, Workload

__all__ = ["MEASURED", "WORKLOADS", "Hardware", "Measured", "Needs", "Workload", "needs"]
