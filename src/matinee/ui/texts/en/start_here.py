"""Texts of the page "Start here", in English."""

from matinee.ui.texts.fields.start_here import StartHereTexts

START_HERE = StartHereTexts(
    title="Start here",
    welcome="Rate a few movies that most people have seen, and get your own list right away. You need no account, and "
    "nothing leaves this machine.",
    begin="Begin",
    hint="Click the stars of the movies you have seen. Skip the others.",
    progress="{count} of {enough} ratings for a first list",
    progress_counts="{count} of {enough} ratings for a first list. The list below already counts what you have rated.",
    ready="Your first list is ready, right below. Every further rating changes it at once ({count} so far).",
    ready_above="Your first list is ready, at the top of the page.",
    more="More movies to rate",
)
