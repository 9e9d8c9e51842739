"""Texts of every page, in Korean."""

from matinee.ui.texts.fields.common import CommonTexts

COMMON = CommonTexts(
    language="언어",
    unreachable="추천 서버를 사용할 수 없습니다. 서버는 자동으로 다시 시작되고, 이 페이지는 몇 초마다 다시 시도합니다. "
    "오래 걸리면 `matinee status`를 실행해 보세요.",
    refused="서버가 요청을 거절했습니다: {reason}",
    try_again="다시 시도",
    broken="페이지에 문제가 생겼습니다. 새로 고쳐 주세요. 자세한 내용은 페이지 로그(`matinee logs ui`)에 있습니다.",
    policies={"learned": "학습한 취향", "fold_in": "방금 매긴 평점 반영", "popular": "인기 영화"},
    genres={
        "Action": "액션",
        "Adventure": "모험",
        "Animation": "애니메이션",
        "Children": "아동",
        "Children's": "아동",
        "Comedy": "코미디",
        "Crime": "범죄",
        "Documentary": "다큐멘터리",
        "Drama": "드라마",
        "Fantasy": "판타지",
        "Film-Noir": "필름 누아르",
        "Horror": "공포",
        "IMAX": "아이맥스",
        "Musical": "뮤지컬",
        "Mystery": "미스터리",
        "Romance": "로맨스",
        "Sci-Fi": "SF",
        "Thriller": "스릴러",
        "War": "전쟁",
        "Western": "서부극",
    },
)
