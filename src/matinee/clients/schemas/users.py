"""Users of whom ratings are known."""

from matinee.clients.schemas import examples
from matinee.clients.schemas.examples import shown
from matinee.clients.schemas.fields import Answer


class User(Answer):
    """Somebody of whom ratings are known."""

    user_id: str
    n_ratings: int
    """Movies that the user has rated."""


class Users(Answer, json_schema_extra=shown(examples.USERS)):
    """Users, by id."""

    users: tuple[User, ...]
