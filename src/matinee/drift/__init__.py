"""The data watch: what a chunk is beside its past, before anything is learned from it."""
