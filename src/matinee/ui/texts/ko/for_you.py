"""Texts of the page "For you", in Korean."""

from matinee.ui.texts.fields.for_you import ForYouTexts

FOR_YOU = ForYouTexts(
    title="추천",
    tagline="매일 스스로 다시 학습하는 모델이 골라 주는 영화",
    user="누구신가요?",
    user_help="데이터에 있는 사용자 번호(예: 1)나 원하는 이름을 적으세요. 새 이름은 평점 없이 시작합니다.",
    new_user="처음 왔어요",
    no_user="사용자 번호나 이름을 입력해 주세요.",
    find_user="사용자 찾기",
    find_user_label="사용자 번호의 앞부분",
    no_user_found="번호가 “{query}”부터 시작하는 사용자가 없습니다.",
    found_user="{user} · 평점 {count}개",
    your_ratings="내 평점",
    watch_list="볼 목록",
    take_off="빼기",
    hidden="숨긴 영화",
    show_again="다시 보기",
    no_ratings="아직 없습니다. 평점을 매기면 여기에 나타납니다.",
    change_hint="다른 별을 누르면 평점이 바뀌고, 같은 별을 다시 누르면 지워집니다.",
    more_ratings="더 보기 (이전 평점 {count}개)",
    not_learned="다음 학습에 반영",
)
