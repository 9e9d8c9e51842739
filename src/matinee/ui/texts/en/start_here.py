"""Texts of the page "Start here", in English."""

from matinee.ui.texts.fields.start_here import StartHereTexts

START_HERE = StartHereTexts(
    title="Start here",
    welcome="Rate a few movies that most people have seen, and get your own list right away. You need no account, and "
    "nothing leaves this machine.",
    welcome_back="{user} has rated {count} movies already. This page is for newcomers.",
    begin="I am new here",
    hint="Click the stars of the movies you have seen. Skip the others.",
    progress="**{count}/{enough}** ratings",
    ready="**{count}** ratings",
    see_list="See your list",
    more="Show more",
)
