"""Sentences that the server writes, in Korean; those of the gate that have numbers are in `decisions`."""

from collections.abc import Mapping

from matinee.ui.texts.ko.doctor import DOCTOR

_DISTANCE = r"than before: distance (\S+) of at most 1 \(p = (\S+)\)\."

_ONE_USER = r"One user gave (\S+) of its ratings \((\S+) of (\S+)\)\."

SENTENCES: Mapping[str, str] = {
    r"It has no ratings\.": "평점이 하나도 없습니다.",
    r"All (\S+) ratings of (\S+) users are (\S+)\.": "사용자 {1}명의 평점 {0}개가 모두 {2}점입니다.",
    r"It has (\S+) ratings, where (\S+) are usual\.": "평점이 {0}개인데, 보통은 {1}개입니다.",
    r"(\S+) of its ratings are of movies that nobody has rated before; (\S+) was to be expected\.": "평점의 {0}가 "
    "지금까지 아무도 평가하지 않은 영화에 대한 것입니다. 예상한 비율은 {1}입니다.",
    r"(\S+) of its rows cannot be used and are in quarantine\.": "행의 {0}를 쓸 수 없어 격리했습니다.",
    rf"People rate otherwise {_DISTANCE}": "별점을 주는 경향이 이전과 다릅니다(거리 {0}, 최댓값 1, p = {1}).",
    rf"Other movies are rated {_DISTANCE}": "평점을 받는 영화가 이전과 다릅니다(거리 {0}, 최댓값 1, p = {1}).",
    rf"{_ONE_USER}": "사용자 한 명이 평점의 {0}를 매겼습니다({2}개 중 {1}개).",
    rf"{_ONE_USER} Hardly any day before was like that; (`matinee watch`) names the user, and (`matinee erase`) "
    r"forgets a program\.": "사용자 한 명이 평점의 {0}를 매겼습니다({2}개 중 {1}개). 이런 날은 거의 없었습니다. "
    "누구인지는 {3} 명령으로 보고, 프로그램이라면 {4} 명령으로 지우세요.",
    r"(\S+) of its ratings were in chunk (\S+) already, by the same people with the same value\. If a day was sent "
    r"twice: (.+)\.": "평점의 {0}가 청크 {1}에 같은 사람, 같은 값으로 이미 있습니다. 하루치가 두 번 들어왔다면 "
    "실행하세요: {2}",
    r"(\S+) new users gave movie (.+) the highest rating, where (\S+) were to be expected\. If somebody "
    r"pushes it: (.+)\.": "새 사용자 {0}명이 영화 {1}에 최고점을 주었습니다. 예상은 {2}명입니다. "
    "누군가 밀어주는 것이라면 실행하세요: {3}",
    r"Its (\S+) movies are not rated as they were before: correlation (\S+), where (\S+) is usual\. If movie ids "
    r"were mixed up: (.+)\.": "영화 {0}편의 평점이 이전과 맞지 않습니다(상관계수 {1}, 보통은 {2}). 영화 번호가 "
    "뒤섞였다면 실행하세요: {3}",
    r"nobody in this chunk has both a history and a liked movie to test on": "이 청크에는 지난 평점과 좋아한 영화가 "
    "모두 있는 사용자가 없어 시험할 수 없습니다",
    r"The gate is off; the newest model wins\.": "심사를 꺼 두었으므로 가장 새로운 모델이 올라갑니다.",
    **DOCTOR,
}
"""By pattern of the English sentence; its numbers are `{0}`, `{1}` …"""
