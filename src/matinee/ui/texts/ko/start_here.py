"""Texts of the page "Start here", in Korean."""

from matinee.ui.texts.fields.start_here import StartHereTexts

START_HERE = StartHereTexts(
    title="처음이라면",
    welcome="많은 사람이 본 영화 몇 편에 별점을 매기면 바로 나만의 추천 목록이 나옵니다. "
    "계정은 필요 없고, 아무것도 이 컴퓨터 밖으로 나가지 않습니다.",
    begin="시작하기",
    hint="본 영화의 별을 눌러 주세요. 안 본 영화는 건너뛰세요.",
    progress="첫 목록까지 평점 {count}/{enough}개",
    progress_counts="첫 목록까지 평점 {count}/{enough}개. 지금까지 매긴 평점은 아래 목록에 이미 반영되었습니다.",
    ready="첫 목록이 바로 아래에 준비되었습니다. 평점을 더 매길 때마다 바로 달라집니다(지금까지 {count}개).",
    ready_above="첫 목록이 준비되었습니다. 페이지 맨 위에 있습니다.",
    more="더 평가할 영화",
)
