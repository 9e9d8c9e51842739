"""Texts of challengers, and of a hold, in Korean."""

from matinee.ui.texts.fields.comparisons import ComparisonTexts
from matinee.ui.texts.particles import KoreanText

COMPARISONS = ComparisonTexts(
    title="도전 알고리즘",
    nothing="아직 비교한 것이 없습니다. 첫날 다음 날부터 비교합니다.",
    hint="매일 같은 사용자에게서 프로덕션 알고리즘 {champion}와 비교합니다. 구간 전체가 0보다 크면 교체합니다. "
    "기존 사용자와 새 사용자의 구간은 함께 성립합니다.",
    name="알고리즘",
    difference="차이",
    interval="구간",
    users="사용자",
    group="대상",
    everybody="모든 사용자",
    segments={"warm": "기존 사용자", "new": "새 사용자"},
    seconds="하루 비용",
    state="상태",
    states={
        "gathering": "근거를 모으는 중",
        "won": "더 낫습니다: 프로덕션에 올라갑니다",
        "proposed": "더 낫습니다: 승격을 기다립니다",
        "failed": "마지막 날에 실패했습니다",
        "late": "마지막 날에 너무 느렸습니다",
    },
    days_needed="더 필요한 날",
    about="약 {days:.0f}일",
    no_end="끝이 보이지 않음",
    freshness="새 데이터의 가치",
    freshness_hint="최근 청크 {count}개의 같은 사용자에게서 프로덕션이 며칠 전의 자신보다 얼마나 나은지 보여 줍니다. "
    "구간에 0이 들어 있으면 그만큼 늦게 학습해도 손해가 없을 수 있습니다.",
    freshness_older_better="이 사용자들에게는 **{age} 모델이 더 나았습니다**. 새 데이터를 살펴보고, "
    "사용자가 얼마나 적은지도 확인하세요.",
    freshness_nothing="아직 비교한 것이 없습니다. 첫날 다음 날부터 비교합니다.",
    freshness_alt="차트: 프로덕션이 1일, 7일, 30일 전의 자신보다 얼마나 나은지 구간과 함께 보여 줍니다. "
    "숫자는 아래 표에도 있습니다.",
    age="비교 대상",
    ages={1: "1일 전", 7: "7일 전", 30: "30일 전"},
    gain="NDCG@10 향상",
    chunks="청크",
    held=KoreanText(
        "되돌린 뒤 버전 {version}을(를) 고정하고 있습니다. 새 모델은 계속 학습하지만, 더 낫다는 것이 밝혀져야 바뀝니다."
    ),
    resume="고정 풀기",
    confirm_resume="고정을 풀면 게이트가 정상으로 판정한 다음 모델이 프로덕션에 올라갑니다. 이유는 기록에 남습니다.",
    do_resume="풀기",
)
