"""Honest evaluation: fit on the past, test on what came next, rank the whole catalogue."""
