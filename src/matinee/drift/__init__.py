"""The data watch: what a chunk is beside its past."""
