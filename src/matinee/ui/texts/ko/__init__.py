"""The texts in Korean."""

from matinee.ui.texts.fields import Texts
from matinee.ui.texts.ko.common import COMMON
from matinee.ui.texts.ko.comparisons import COMPARISONS
from matinee.ui.texts.ko.data import DATA
from matinee.ui.texts.ko.decisions import DECISIONS
from matinee.ui.texts.ko.findings import FINDINGS
from matinee.ui.texts.ko.for_you import FOR_YOU
from matinee.ui.texts.ko.movies import MOVIES
from matinee.ui.texts.ko.operations import OPERATIONS
from matinee.ui.texts.ko.runs import RUNS
from matinee.ui.texts.ko.sentences import SENTENCES
from matinee.ui.texts.ko.start_here import START_HERE
from matinee.ui.texts.ko.without_stars import WITHOUT_STARS

KOREAN = Texts(
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
    sentences=SENTENCES,
)
