"""Words of the page "Data", in Korean and in English."""

from dataclasses import dataclass

from matinee.ui.texts.korean import Korean


@dataclass(frozen=True, kw_only=True)
class DataTexts:
    """Page "Data"."""

    title: str
    per_day: str
    live: str
    day: str
    ratings: str
    newcomers: str
    new_users: str
    new_movies: str
    drift: str
    drift_hint: str
    rating_distance: str
    popularity_distance: str
    distance: str
    stars: str
    stars_hint: str
    coverage: str
    coverage_hint: str
    chunk: str
    share: str
    kind: str
    count: str
    none_yet: str
    not_usual: str
    from_the_second: str


ENGLISH_DATA = DataTexts(
    title="Data",
    per_day="Ratings a day",
    live="Not drawn, as their days lie outside those of the data: {count:,} from this page.",
    day="Day",
    ratings="Ratings",
    newcomers="New people and movies",
    new_users="new people",
    new_movies="new movies",
    drift="Drift from chunk to chunk",
    drift_hint="How far a chunk lies from its past: 0 is the same, 1 has nothing in common (Jensen-Shannon distance).",
    rating_distance="stars",
    popularity_distance="popularity of the movies",
    distance="Distance",
    stars="Stars in each chunk",
    stars_hint="Share of each number of stars.",
    coverage="Catalogue coverage",
    coverage_hint="Part of {count:,} movies that version {version} has recommended to somebody since it was loaded.",
    chunk="Chunk",
    share="Share",
    kind="Kind",
    count="Number",
    none_yet="The data watch has not looked at a chunk yet. Charts appear here by themselves after the next day.",
    not_usual="Chunk {chunk}: {verdict}. {reasons}",
    from_the_second="From the second chunk on: the first one has nothing before it to be compared with.",
)

KOREAN_DATA = DataTexts(
    title="데이터",
    per_day="하루 평점 수",
    live="이 페이지에서 받은 평점 {count:,}개는 날짜가 데이터의 기간 밖이라 차트에 넣지 않았습니다.",
    day="날짜",
    ratings="평점 수",
    newcomers="새로 온 사람과 새 영화",
    new_users="새 사용자",
    new_movies="새 영화",
    drift="청크마다 달라지는 분포",
    drift_hint="청크가 과거와 얼마나 다른지 나타냅니다. 0은 같음, 1은 겹치는 데가 없음입니다(젠슨-섀넌 거리).",
    rating_distance="별점",
    popularity_distance="영화 인기도",
    distance="거리",
    stars="청크별 별점 분포",
    stars_hint="별 개수마다 차지하는 비율입니다.",
    coverage="카탈로그 커버리지",
    coverage_hint=Korean(
        "영화 {count:,}편 가운데 버전 {version}이(가) 서비스를 시작한 뒤 누군가에게 추천한 영화의 비율입니다."
    ),
    chunk="청크",
    share="비율",
    kind="구분",
    count="수",
    none_yet="데이터 점검 기록이 아직 없습니다. 다음 날을 진행하면 차트가 저절로 나타납니다.",
    not_usual="청크 {chunk}: {verdict}. {reasons}",
    from_the_second="두 번째 청크부터 나타납니다. 첫 청크는 비교할 과거가 없습니다.",
)
