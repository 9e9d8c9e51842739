"""Texts of movies, in English."""

from matinee.ui.texts.fields.movies import MovieTexts

MOVIES = MovieTexts(
    search="Find a movie",
    search_hint="Part of a title, such as Star Wars",
    nothing_found="No title contains “{query}”. Try a shorter part of it.",
    your_list="Your list",
    genre="Genre",
    all_genres="All genres",
    years="Years",
    all_years="All years",
    decade="{first}s",
    learned="From the past ratings of user {user}.",
    fold_in="Based on what you just rated: even ratings that the model has not been trained on count at once.",
    popular="We know too little about user {user} yet, so this is what everyone likes. Give a movie you like 4 or 5 "
    "stars.",
    unknown_user="No ratings of user {user} are known, so this is what everyone likes. Give a movie you like 4 or 5 "
    "stars.",
    no_model="No model has been trained yet, so this is what everyone likes. The first one will show up here by "
    "itself.",
    popular_model="The current model knows only what is popular.",
    rate_hint="Click the stars of a movie you have seen.",
    one_is_new="One movie in this list is new.",
    some_are_new="{count} movies in this list are new.",
    new="new",
    because="because you rated {title}",
    rated="You gave *{title}* {stars} stars. The next training will learn from it.",
    taken_back="Your rating of *{title}* is removed. It no longer counts, here or in the next training.",
    undo="Undo",
    not_saved="Your rating of *{title}* was **not saved**. Please rate it again.",
    all_rated="Nothing is left: you have rated every movie.",
    all_rated_here="Nothing is left for {filters}: you have rated them all.",
    nothing_matches="No movie matches {filters}.",
    clear_filters="Clear filters",
    no_movies="There are no movies yet: the data is still being prepared. They will show up here by themselves.",
    show_more="Show more",
    similar="Similar",
    no_similar="No model can tell yet which movies are similar.",
)
