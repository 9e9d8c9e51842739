"""Reasons in words, in every language in which they are told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from matinee.ranking import Aggregation

_OF_ONE: Mapping[str, str] = {"en": "because you rated {title}", "ko": "{title} 평점을 바탕으로 추천"}
_OF_GROUP: Mapping[tuple[str, Aggregation], str] = {
    ("en", "average"): "most of all for {user}, who rated {title}",
    ("en", "least_misery"): "even for {user}, whom it suits least, who rated {title}",
    ("ko", "average"): "가장 잘 맞는 {user} 님의 {title} 평점을 바탕으로 추천",
    ("ko", "least_misery"): "가장 덜 맞는 {user} 님도 {title} 평점이 있어 추천",
}


@dataclass(frozen=True)
class ReasonWords:
    """How the reasons of a list are told."""

    language: str = "en"
    users: Sequence[str] = ()
    """Members of a group, by place; empty for one user, who is spoken to."""
    aggregation: Aggregation = "average"

    def told(self, member: int | None, title: str) -> tuple[str, str | None]:
        """What is told of a rating of the movie `title`, and which member of a group gave it."""
        if member is None:
            return _OF_ONE[self.language].format(title=title), None
        user_id = self.users[member]
        return _OF_GROUP[self.language, self.aggregation].format(user=user_id, title=title), user_id


BECAUSE = ReasonWords()
"""Reasons of one user, in English."""
