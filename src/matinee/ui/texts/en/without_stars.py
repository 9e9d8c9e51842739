"""What reads otherwise, in English, where ratings are no stars but points or thumbs; by part and name of the text."""

WITHOUT_STARS = {
    "movies.popular": "We know too little about user {user} yet, so this is what everyone likes. Rate a movie "
    "that you like.",
    "movies.unknown_user": "No ratings of user {user} are known, so this is what everyone likes. Rate a movie that "
    "you like.",
    "movies.rate_hint": "Rate the movies that you have seen.",
    "movies.rated": "You rated *{title}*: {stars}. The next training will learn from it.",
    "for_you.change_hint": "Click another rating to change it, or the same one to remove it.",
    "start_here.hint": "Rate the movies that you have seen. Skip the others.",
}
