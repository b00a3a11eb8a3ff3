"""A slice as a test: fold it, and hold rows against what they should be."""

from qiao.asserting.checking import check_rows
from qiao.asserting.folding import Rows, folded_rows
from qiao.asserting.writing import CaseFiles, CaseRefused, case_files, write_case

__all__ = ["CaseFiles", "CaseRefused", "Rows", "case_files", "check_rows", "folded_rows", "write_case"]
