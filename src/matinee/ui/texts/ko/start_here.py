"""Texts of the page "Start here", in Korean."""

from matinee.ui.texts.fields.start_here import StartHereTexts

START_HERE = StartHereTexts(
    title="처음이라면",
    welcome="많은 사람이 본 영화 몇 편에 별점을 매기면 바로 나만의 추천 목록이 나옵니다. "
    "계정은 필요 없고, 아무것도 이 컴퓨터 밖으로 나가지 않습니다.",
    welcome_back="{user} 님은 이미 영화 {count}편을 평가하셨습니다. 이 페이지는 처음 온 분을 위한 것입니다.",
    begin="처음 왔어요",
    hint="본 영화의 별을 눌러 주세요. 안 본 영화는 건너뛰세요.",
    progress="평점 **{count}/{enough}**",
    ready="평점 **{count}**개",
    see_list="내 목록 보기",
    more="더 보기",
)
