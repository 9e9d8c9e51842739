"""An id that people write in several ways is one id, over the API as in files."""

from typing import get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from matinee import ranking
from matinee.catalogue import changes
from matinee.clients.schemas import fields
from matinee.clients.schemas.fields import Id, PathId

id_of = TypeAdapter(Id).validate_python


@pytest.mark.parametrize("written", ["café", " cafe\u0301 ", "caf\u00e9\u00a0"])
def test_an_id_with_spaces_around_it_or_in_another_unicode_form_is_the_same(written):
    assert id_of(written) == "caf\u00e9"


@pytest.mark.parametrize("written", [12, 12.0, "12", "12.0", " 12.00"])
def test_a_whole_number_is_one_id_however_it_is_written(written):
    assert id_of(written) == "12"


@pytest.mark.parametrize("written", [7e17, 1.5, True, None, "", "  "])
def test_what_may_be_rounded_is_no_id(written):
    with pytest.raises(ValidationError):
        id_of(written)


def test_an_id_in_a_path_is_read_like_any_other():
    assert TypeAdapter(PathId).validate_python("cafe%CC%81%20") == "caf\u00e9"


@pytest.mark.parametrize(
    ("promised", "meant"),
    [
        (fields.Policy, ranking.Policy),
        (fields.Aggregation, ranking.Aggregation),
        (fields.MovieStatus, changes.MovieStatus),
    ],
)
def test_the_words_of_the_schemas_are_those_of_the_code(promised, meant):
    assert get_args(promised) == get_args(meant)
