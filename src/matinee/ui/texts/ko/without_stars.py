"""What reads otherwise, in Korean, where ratings are no stars but points or thumbs; by part and name of the text."""

WITHOUT_STARS = {
    "movies.popular": "{user} 님의 취향을 아직 잘 모릅니다. 좋아하는 영화를 높게 평가해 주세요.",
    "movies.unknown_user": "{user} 님의 평점이 하나도 없습니다. 좋아하는 영화를 높게 평가해 주세요.",
    "movies.rate_hint": "본 영화에 평점을 매기세요.",
    "movies.rated": "*{title}* 평점: {stars}. 다음 학습에 반영됩니다.",
    "for_you.change_hint": "다른 평점을 누르면 바뀌고, 같은 평점을 다시 누르면 지워집니다.",
    "start_here.hint": "본 영화에 평점을 매겨 주세요. 안 본 영화는 건너뛰세요.",
}
