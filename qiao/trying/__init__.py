"""What if: a decision against the state as of a moment, the events that it would append, the rows they would make."""
