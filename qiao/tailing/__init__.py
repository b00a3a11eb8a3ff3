"""Following the log without a group, and one line for each event."""
