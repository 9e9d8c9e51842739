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
    history="다른 서비스의 기록 가져오기",
    history_help=(
        "Letterboxd(`ratings.csv`, `diary.csv`, `watched.csv`), IMDb, Trakt, Netflix에서 받은 파일입니다. "
        "무엇을 찾았는지 보여 드린 뒤에 저장합니다."
    ),
    history_file="시청 기록 파일",
    history_unknown="알 수 없는 형식의 파일입니다. 서비스에서 받은 파일을 압축을 풀어 그대로 올려 주세요.",
    history_found="{service}: 영화 {count}편을 찾았습니다.",
    history_watched="그중 {count}편은 평점 없이 본 영화라서 별 다섯 개 중 네 개로 셉니다.",
    history_other="영화가 아닌 항목: {count}개",
    history_not_found="찾지 못했거나 어느 영화인지 알 수 없는 제목: {count}개",
    history_more="그 밖에 {count}개",
    history_add="평점 {count}개 추가",
    history_added="새 평점 {count}개를 저장했습니다.",
    history_not_saved="평점을 모두 저장하지 못했습니다. 다시 시도해 주세요. 두 번 저장되지는 않습니다.",
)
