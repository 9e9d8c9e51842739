"""Where ratings come from: named data sets and files of one's own."""

from matinee.ratings.sources.source import Source, prepare, source_name

__all__ = ["Source", "prepare", "source_name"]
