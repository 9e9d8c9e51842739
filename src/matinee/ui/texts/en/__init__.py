"""The texts in English."""

from matinee.ui.texts.en.common import COMMON
from matinee.ui.texts.en.comparisons import COMPARISONS
from matinee.ui.texts.en.data import DATA
from matinee.ui.texts.en.decisions import DECISIONS
from matinee.ui.texts.en.findings import FINDINGS
from matinee.ui.texts.en.for_you import FOR_YOU
from matinee.ui.texts.en.movies import MOVIES
from matinee.ui.texts.en.operations import OPERATIONS
from matinee.ui.texts.en.runs import RUNS
from matinee.ui.texts.en.start_here import START_HERE
from matinee.ui.texts.en.without_stars import WITHOUT_STARS
from matinee.ui.texts.fields import Texts

ENGLISH = Texts(
    common=COMMON,
    movies=MOVIES,
    for_you=FOR_YOU,
    start_here=START_HERE,
    operations=OPERATIONS,
    runs=RUNS,
    decisions=DECISIONS,
    data=DATA,
    comparisons=COMPARISONS,
    findings=FINDINGS,
    without_stars=WITHOUT_STARS,
)
