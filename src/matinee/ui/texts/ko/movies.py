"""Texts of movies, in Korean."""

from matinee.ui.texts.fields.movies import MovieTexts

MOVIES = MovieTexts(
    search="영화 찾기",
    search_hint="제목의 일부(영어), 예: Star Wars",
    nothing_found="제목에 “{query}” 같은 말이 들어간 영화가 없습니다. 더 짧게 입력해 보세요.",
    your_list="나만의 목록",
    genre="장르",
    all_genres="모든 장르",
    years="개봉 연도",
    learned="**학습한 취향**: 모델이 {user} 님의 지난 평점에서 배운 목록입니다.",
    fold_in="**방금 매긴 평점 반영**: 모델이 아직 학습하지 않은 평점까지 바로 반영한 목록입니다.",
    popular="**인기 영화**: {user} 님의 취향을 아직 잘 모릅니다. 좋아하는 영화에 별 4~5개를 주세요.",
    no_model="**인기 영화**: 아직 학습된 모델이 없습니다. 첫 모델이 준비되면 자동으로 바뀝니다.",
    popular_model="**인기 영화**: 지금 모델은 무엇이 인기 있는지만 압니다.",
    rate_hint="본 영화의 별을 눌러 평점을 매기세요.",
    one_is_new="이 목록에 영화 1편이 새로 들어왔습니다.",
    some_are_new="이 목록에 영화 {count}편이 새로 들어왔습니다.",
    new="새 추천",
    because="{title} 평점을 바탕으로 추천",
    rated="*{title}*에 별 {stars}개를 주셨습니다. 다음 학습에 반영됩니다.",
    taken_back="*{title}* 평점을 지웠습니다. 이 목록에도 다음 학습에도 반영되지 않습니다.",
    not_saved="*{title}* 평점이 **저장되지 않았습니다**. 다시 매겨 주세요.",
    all_rated="남은 영화가 없습니다. 모두 평가하셨네요. 다른 장르를 골라 보세요.",
    no_movies="아직 영화가 없습니다. 데이터를 준비하고 있으며, 준비되면 자동으로 나타납니다.",
    similar="비슷한 영화",
    no_similar="어떤 영화가 비슷한지 알려 줄 모델이 아직 없습니다.",
)
