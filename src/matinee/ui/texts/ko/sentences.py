"""Sentences that the server writes, in Korean; those of the gate that have numbers are in `decisions`."""

from collections.abc import Mapping

from matinee.ui.texts.ko.doctor import DOCTOR

_DISTANCE = r"than before: distance (\S+) of at most 1 \(p = (\S+)\)\."

SENTENCES: Mapping[str, str] = {
    r"It has no ratings\.": "평점이 하나도 없습니다.",
    r"All (\S+) ratings of (\S+) users are (\S+)\.": "사용자 {1}명의 평점 {0}개가 모두 {2}점입니다.",
    r"It has (\S+) ratings, where (\S+) are usual\.": "평점이 {0}개인데, 보통은 {1}개입니다.",
    r"(\S+) of its ratings are of movies that nobody has rated before; (\S+) was to be expected\.": "평점의 {0}가 "
    "지금까지 아무도 평가하지 않은 영화에 대한 것입니다. 예상한 비율은 {1}입니다.",
    r"(\S+) of its rows cannot be used and are in quarantine\.": "행의 {0}를 쓸 수 없어 격리했습니다.",
    rf"People rate otherwise {_DISTANCE}": "별점을 주는 경향이 이전과 다릅니다(거리 {0}, 최댓값 1, p = {1}).",
    rf"Other movies are rated {_DISTANCE}": "평점을 받는 영화가 이전과 다릅니다(거리 {0}, 최댓값 1, p = {1}).",
    r"nobody in this chunk has both a history and a liked movie to test on": "이 청크에는 지난 평점과 좋아한 영화가 "
    "모두 있는 사용자가 없어 시험할 수 없습니다",
    r"The gate is off; the newest model wins\.": "심사를 꺼 두었으므로 가장 새로운 모델이 올라갑니다.",
    **DOCTOR,
}
"""By pattern of the English sentence; its numbers are `{0}`, `{1}` …"""
