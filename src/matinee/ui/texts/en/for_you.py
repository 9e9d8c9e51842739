"""Texts of the page "For you", in English."""

from matinee.ui.texts.fields.for_you import ForYouTexts

FOR_YOU = ForYouTexts(
    title="For you",
    tagline="Movies for you, from a model that retrains itself every day.",
    user="Who are you?",
    user_help="A user id from the data set, such as 1, or any name of your own. A new name starts without ratings.",
    new_user="I am new here",
    no_user="Type a user id or a name to begin.",
    find_user="Find a user",
    find_user_label="The id begins with",
    no_user_found="No user id begins with “{query}”.",
    found_user="{user} · {count} ratings",
    your_ratings="Your ratings",
    watch_list="Watch list",
    take_off="Take off",
    hidden="Hidden movies",
    show_again="Show again",
    no_ratings="None yet. What you rate appears here.",
    change_hint="Click other stars to change a rating, or the same star to remove it.",
    more_ratings="Show more ({count} older)",
    not_learned="in the next training",
)
