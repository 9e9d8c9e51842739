"""The texts that every language must have; `{names}` in braces are filled in where a text is shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from matinee.ui.texts.fields.common import CommonTexts
from matinee.ui.texts.fields.comparisons import ComparisonTexts
from matinee.ui.texts.fields.data import DataTexts
from matinee.ui.texts.fields.decisions import DecisionTexts
from matinee.ui.texts.fields.findings import FindingTexts
from matinee.ui.texts.fields.for_you import ForYouTexts
from matinee.ui.texts.fields.movies import MovieTexts
from matinee.ui.texts.fields.operations import OperationsTexts
from matinee.ui.texts.fields.runs import RunTexts
from matinee.ui.texts.fields.start_here import StartHereTexts


@dataclass(frozen=True, kw_only=True)
class Texts:
    """The pages in one language."""

    common: CommonTexts
    movies: MovieTexts
    for_you: ForYouTexts
    start_here: StartHereTexts
    operations: OperationsTexts
    runs: RunTexts
    decisions: DecisionTexts
    data: DataTexts
    comparisons: ComparisonTexts
    findings: FindingTexts
    without_stars: Mapping[str, str]
    """By part and name of a text (`movies.rated`): what reads otherwise where ratings are no stars."""

    sentences: Mapping[str, str] = field(default_factory=dict)
    """By pattern of a sentence that the server writes: the same in this language (`matinee.ui.texts.sentences`)."""

    def in_points(self) -> "Texts":
        """For a home where ratings are no stars."""
        changed = self
        for place, text in self.without_stars.items():
            part, _, name = place.partition(".")
            changed = replace(changed, **{part: replace(getattr(changed, part), **{name: text})})
        return changed
