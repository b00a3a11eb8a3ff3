"""`python -m qiao` is `qiao`."""

from qiao.cli import main

main()
