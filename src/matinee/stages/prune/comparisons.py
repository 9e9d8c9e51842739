"""Evidence about pairs of models that nobody compares any more."""

from matinee.stages.prune.removal import Removal
from matinee.stages.stores import Stores

PAIR_DAYS = 90
"""Three times what must agree at the end (`evidence.RECENT_DAYS`): a pair that comes back after it begins anew."""


def prune_comparisons(stores: Stores, *, dry_run: bool) -> Removal:
    """Remove the values of pairs that were last compared more than `PAIR_DAYS` ago; all of one that goes on stay."""
    return Removal("values of comparisons", stores.comparisons.prune(PAIR_DAYS, dry_run=dry_run))
