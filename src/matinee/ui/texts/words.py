"""Every word of the page, in Korean and in English."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from matinee.ui.texts.data import ENGLISH_DATA, KOREAN_DATA, DataTexts
from matinee.ui.texts.operations import ENGLISH_OPERATIONS, OperationsTexts
from matinee.ui.texts.operations_korean import KOREAN_OPERATIONS
from matinee.ui.texts.sentences import KOREAN_SENTENCES


@dataclass(frozen=True, kw_only=True)
class Texts:
    """The page in one language; `{names}` in braces are filled in where a text is shown."""

    tagline: str
    language: str
    user: str
    user_help: str
    new_user: str
    no_user: str
    find_user: str
    find_user_label: str
    no_user_found: str
    found_user: str
    years: str
    your_list: str

    start_here: str
    start_welcome: str
    start_button: str
    start_hint: str
    start_progress: str
    start_counts: str
    start_ready: str
    start_is_ready: str
    start_more: str

    for_you: str
    search: str
    all_genres: str
    genre: str
    learned: str
    fold_in: str
    popular: str
    no_model: str
    popular_model: str
    rate_hint: str
    because: str
    rated: str
    taken_back: str
    one_is_new: str
    some_are_new: str
    new: str
    all_rated: str
    no_movies: str

    search_hint: str
    nothing_found: str
    similar: str
    no_similar: str

    your_ratings: str
    no_ratings: str
    more_ratings: str
    not_learned: str

    unreachable: str
    refused: str
    not_saved: str
    try_again: str
    broken: str

    operations: OperationsTexts
    data: DataTexts

    genres: Mapping[str, str] = field(default_factory=dict)
    """Names of MovieLens genres where they differ from the data's own."""

    sentences: Mapping[str, str] = field(default_factory=dict)
    """Sentences of the server, by pattern, where it speaks another language."""


ENGLISH = Texts(
    tagline="Movies for you, from a model that retrains itself every day.",
    language="Language",
    user="Who are you?",
    user_help="An id of the data set, such as 1, or any name of your own: a new name starts without ratings.",
    new_user="I am new here",
    no_user="Type a user id or a name to begin.",
    find_user="Find somebody",
    find_user_label="The id begins with",
    no_user_found="Nobody's id begins with “{query}”.",
    found_user="{user} · {count} ratings",
    years="Years",
    your_list="Your list",
    start_here="Start here",
    start_welcome="Tell us what you think of a few movies that most people have seen, and get your own list right "
    "away. No account; nothing leaves this machine.",
    start_button="Begin",
    start_hint="Click the stars of the movies you have seen. Skip the others.",
    start_progress="{count} of {enough} ratings for a first list",
    start_counts="{count} of {enough} ratings for a first list. What you have said already counts in the list below.",
    start_ready="Your first list is ready, here below. Every further rating changes it at once ({count} so far).",
    start_is_ready="Your first list is ready, at the top of the page.",
    start_more="More movies to rate",
    for_you="For you",
    search="Find a movie",
    all_genres="All genres",
    genre="Genre",
    learned="**Learned** from the past ratings of user {user}.",
    fold_in="**From what you just rated**: ratings that the model has not been trained on yet already count.",
    popular="**Popular with everyone**: too little is known of user {user} yet. Give a movie you like 4 or 5 stars.",
    no_model="**Popular with everyone**: no model has been trained yet. The first one will serve here by itself.",
    popular_model="**Popular with everyone**: the model that serves knows what is popular, and no more.",
    rate_hint="Click the stars of a movie you have seen.",
    because="because you rated {title}",
    rated="You gave *{title}* {stars} stars; the next training will learn from it.",
    taken_back="Your rating of *{title}* is taken back; neither this list nor the next training counts it.",
    one_is_new="One movie of this list is new.",
    some_are_new="{count} movies of this list are new.",
    new="new",
    all_rated="No movie is left here: you have rated them all. Choose another genre.",
    no_movies="There are no movies yet: the data is still being prepared. They will appear here by themselves.",
    search_hint="Part of a title, such as Star Wars",
    nothing_found="No movie has “{query}” in its title. Try a shorter part of it.",
    similar="Similar",
    no_similar="No model can tell yet which movies are similar.",
    your_ratings="Your ratings",
    no_ratings="None yet. What you rate appears here.",
    more_ratings="{count} older ones",
    not_learned="in the next training",
    unreachable="The recommendation server does not answer right now. It is restarted by itself, and this page tries "
    "again every few seconds. If this lasts, run `matinee status`.",
    refused="The server did not accept this: {reason}",
    not_saved="Your rating of *{title}* was **not saved**. Please rate it again.",
    try_again="Try again",
    broken="Something went wrong on this page. Load it again; the log of the page tells more (`matinee logs ui`).",
    operations=ENGLISH_OPERATIONS,
    data=ENGLISH_DATA,
)

KOREAN = Texts(
    tagline="매일 스스로 다시 학습하는 모델이 골라 주는 영화",
    language="언어",
    user="누구신가요?",
    user_help="데이터에 있는 사용자 번호(예: 1)나 원하는 이름을 적으세요. 새 이름은 평점 없이 시작합니다.",
    new_user="처음 왔어요",
    no_user="사용자 번호나 이름을 입력해 주세요.",
    find_user="사용자 찾기",
    find_user_label="사용자 번호의 앞부분",
    no_user_found="번호가 “{query}”부터 시작하는 사용자가 없습니다.",
    found_user="{user} · 평점 {count}개",
    years="개봉 연도",
    your_list="나만의 목록",
    start_here="처음이라면",
    start_welcome="많은 사람이 본 영화 몇 편에 별점을 매기면, 바로 나만의 추천 목록이 나옵니다. "
    "계정이 필요 없고, 아무것도 이 컴퓨터 밖으로 나가지 않습니다.",
    start_button="시작하기",
    start_hint="본 영화의 별을 눌러 주세요. 안 본 영화는 건너뛰세요.",
    start_progress="첫 목록까지 평점 {count}/{enough}개",
    start_counts="첫 목록까지 평점 {count}/{enough}개. 지금까지 매긴 평점은 아래 목록에 이미 반영되었습니다.",
    start_ready="첫 목록이 바로 아래에 준비되었습니다. 평점을 더 매길 때마다 바로 달라집니다(지금까지 {count}개).",
    start_is_ready="첫 목록이 준비되었습니다. 페이지 맨 위에 있습니다.",
    start_more="더 평가할 영화",
    for_you="추천",
    search="영화 찾기",
    all_genres="모든 장르",
    genre="장르",
    learned="**학습한 취향**: 모델이 사용자 {user} 님의 지난 평점에서 배운 목록입니다.",
    fold_in="**방금 매긴 평점 반영**: 모델이 아직 학습하지 않은 평점까지 반영한 목록입니다.",
    popular="**인기 영화**: 사용자 {user} 님의 취향을 아직 잘 모릅니다. 좋아하는 영화에 별 4~5개를 주세요.",
    no_model="**인기 영화**: 아직 학습된 모델이 없습니다. 첫 모델이 준비되면 저절로 바뀝니다.",
    popular_model="**인기 영화**: 지금 서비스 중인 모델은 인기만 알고 개인 취향은 모릅니다.",
    rate_hint="본 영화의 별을 눌러 평점을 매기세요.",
    because="{title} 평점을 바탕으로 추천",
    rated="*{title}*에 별 {stars}개를 주셨습니다. 다음 학습에 반영됩니다.",
    taken_back="*{title}* 평가를 취소했습니다. 이 목록과 다음 학습에 반영되지 않습니다.",
    one_is_new="이 목록에서 영화 1편이 새로 들어왔습니다.",
    some_are_new="이 목록에서 영화 {count}편이 새로 들어왔습니다.",
    new="새 추천",
    all_rated="남은 영화가 없습니다. 모두 평가하셨네요. 다른 장르를 골라 보세요.",
    no_movies="아직 영화가 없습니다. 데이터를 준비하는 중이며, 준비되면 저절로 나타납니다.",
    search_hint="제목의 일부(영어), 예: Star Wars",
    nothing_found="“{query}”: 이런 말이 제목에 들어간 영화가 없습니다. 더 짧게 입력해 보세요.",
    similar="비슷한 영화",
    no_similar="어떤 영화가 비슷한지 아직 알려 줄 모델이 없습니다.",
    your_ratings="내 평점",
    no_ratings="아직 없습니다. 평점을 매기면 여기에 나타납니다.",
    more_ratings="이전 평점 {count}개",
    not_learned="다음 학습에 반영",
    unreachable="추천 서버가 지금 응답하지 않습니다. 서버는 저절로 다시 시작되고, 이 페이지는 몇 초마다 "
    "다시 시도합니다. 오래 걸리면 `matinee status`를 실행해 보세요.",
    refused="서버가 요청을 받아들이지 않았습니다: {reason}",
    not_saved="*{title}*의 평점이 **저장되지 않았습니다**. 다시 매겨 주세요.",
    try_again="다시 시도",
    broken="이 페이지에 문제가 생겼습니다. 새로 고쳐 주세요. 자세한 내용은 페이지 로그(`matinee logs ui`)에 있습니다.",
    operations=KOREAN_OPERATIONS,
    data=KOREAN_DATA,
    sentences=KOREAN_SENTENCES,
    genres={
        "Action": "액션",
        "Adventure": "모험",
        "Animation": "애니메이션",
        "Children": "아동",
        "Children's": "아동",
        "Comedy": "코미디",
        "Crime": "범죄",
        "Documentary": "다큐멘터리",
        "Drama": "드라마",
        "Fantasy": "판타지",
        "Film-Noir": "필름 누아르",
        "Horror": "공포",
        "IMAX": "아이맥스",
        "Musical": "뮤지컬",
        "Mystery": "미스터리",
        "Romance": "로맨스",
        "Sci-Fi": "SF",
        "Thriller": "스릴러",
        "War": "전쟁",
        "Western": "서부극",
    },
)

LANGUAGES: Mapping[str, Texts] = {"en": ENGLISH, "ko": KOREAN}
"""By the code that the address of the page carries."""

LANGUAGE_NAMES: Mapping[str, str] = {"en": "English", "ko": "한국어"}


def language_of(locale: str | None) -> str:
    """Code of the language for a browser's locale: Korean for Korean ones, else English."""
    return "ko" if (locale or "").lower().split("-")[0] == "ko" else "en"
