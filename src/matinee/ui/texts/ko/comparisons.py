"""Texts of challengers, and of a hold, in Korean."""

from matinee.ui.texts.fields.comparisons import ComparisonTexts
from matinee.ui.texts.particles import KoreanText

COMPARISONS = ComparisonTexts(
    title="도전 알고리즘",
    nothing="아직 비교한 것이 없습니다. 첫날 다음 날부터 비교합니다.",
    hint="매일 같은 사용자에게서 프로덕션 알고리즘 {champion}와 비교합니다. 구간 전체가 0보다 크면 교체합니다.",
    name="알고리즘",
    difference="차이",
    interval="구간",
    users="사용자",
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
    held=KoreanText(
        "되돌린 뒤 버전 {version}을(를) 고정하고 있습니다. 새 모델은 계속 학습하지만, 더 낫다는 것이 밝혀져야 바뀝니다."
    ),
    resume="고정 풀기",
    confirm_resume="고정을 풀면 게이트가 정상으로 판정한 다음 모델이 프로덕션에 올라갑니다. 이유는 기록에 남습니다.",
    do_resume="풀기",
)
