"""Where ratings come from: named data sets and files of one's own."""

from matinee.ratings.sources.source import Source, prepare, rates_in_data_set, source_name

__all__ = ["Source", "prepare", "rates_in_data_set", "source_name"]
