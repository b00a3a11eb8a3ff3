"""What the software costs, always beside the raw limit measured in the same run: `python -m bench`."""
