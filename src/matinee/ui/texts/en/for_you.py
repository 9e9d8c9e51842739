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
    history="Add your history from elsewhere",
    history_help=(
        "A file that Letterboxd (`ratings.csv`, `diary.csv`, `watched.csv`), IMDb, Trakt or Netflix gave you. "
        "Nothing is stored before you have seen what was found."
    ),
    history_file="File with your history",
    history_unknown="This file is no history that is known here. Take it as the service gave it to you, unpacked.",
    history_found="{service}: {count} movies were found here.",
    history_watched="{count} of them were watched and not rated: they count as four stars of five.",
    history_other="{count} entries are no movies.",
    history_not_found="Not found, or more than one movie could be meant: {count}",
    history_more="and {count} more",
    history_add="Add {count} ratings",
    history_added="{count} ratings are new.",
    history_not_saved="Not all ratings could be saved. Try again: none is stored twice.",
)
