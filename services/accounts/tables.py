"""What accounts needs to decide: who blocks whom."""

from libs.people import Blocks

BLOCKS = Blocks("accounts")

TABLES = BLOCKS.tables
