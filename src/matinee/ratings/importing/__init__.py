"""Reading ratings from files, row by row, and sorting them into usable and quarantined ones."""

from matinee.ratings.importing.opening import Table, open_table
from matinee.ratings.importing.schema import INSTANT, QUARANTINE, RATINGS, QuarantineReason, validate

__all__ = ["INSTANT", "QUARANTINE", "RATINGS", "QuarantineReason", "Table", "open_table", "validate"]
