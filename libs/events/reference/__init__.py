"""The event reference in docs/events, generated from the types, and the gate that guards what was written before."""
