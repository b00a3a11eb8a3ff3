"""Traces without a tracing server: kept in a bounded file by `qiao up`, drawn by `qiao trace`."""
