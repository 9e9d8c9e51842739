"""Texts of the page "Data", in Korean."""

from matinee.ui.texts.fields.data import DataTexts
from matinee.ui.texts.particles import KoreanText

DATA = DataTexts(
    title="데이터",
    coverage="지금까지 추천한 영화",
    coverage_hint=KoreanText(
        "영화 {count:,}편 가운데 버전 {version}이(가) 서비스를 시작한 뒤 누군가에게 추천한 영화의 비율입니다"
        "({since}부터 목록 {lists:,}개)."
    ),
    too_few_lists="아직 목록이 너무 적음",
    coverage_offline="모두에게 추천할 영화",
    coverage_offline_hint="버전 {version} 평가 때 모든 사용자의 목록에 나온 영화의 비율입니다. "
    "인기순은 {popularity:.1%}입니다.",
    one_user="청크 {chunk}: 사용자 한 명이 평점 {total:,}개 중 {count:,}개를 매겼습니다.",
    none_yet="아직 점검한 청크가 없습니다. 다음 날을 진행하면 차트가 나타납니다.",
    not_usual="청크 {chunk}: {verdict}. {reasons}",
    verdicts={"usual": "평소와 같음", "drifted": "분포가 달라짐", "refused": "거부됨"},
    per_day="하루 평점 수",
    live="이 페이지에서 받은 평점 {count:,}개는 날짜가 데이터의 기간 밖이라 차트에 넣지 않았습니다.",
    newcomers="새 사용자와 새 영화",
    drift="청크마다 달라지는 분포",
    drift_hint="청크가 과거와 얼마나 다른지 나타냅니다. 0은 같음, 1은 겹치는 데가 없음입니다(젠슨-섀넌 거리).",
    stars="청크별 별점 분포",
    stars_hint="별 개수마다 차지하는 비율입니다.",
    from_the_second="두 번째 청크부터 나타납니다. 첫 청크는 비교할 과거가 없습니다.",
    chunk="청크",
    day="날짜",
    ratings="평점 수",
    kind="구분",
    count="수",
    new_users="새 사용자",
    new_movies="새 영화",
    distance="거리",
    rating_distance="별점",
    popularity_distance="영화 인기도",
    share="비율",
)
