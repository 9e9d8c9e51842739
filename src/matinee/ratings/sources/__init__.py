"""Where ratings come from: named data sets and files of one's own."""

from matinee.ratings.sources.last_rated import last_rated_at
from matinee.ratings.sources.own import source_name
from matinee.ratings.sources.recorded_scale import scale_of
from matinee.ratings.sources.source import Source, prepare

__all__ = ["Source", "last_rated_at", "prepare", "scale_of", "source_name"]
