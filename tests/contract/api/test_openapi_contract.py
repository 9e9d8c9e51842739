"""Whatever the OpenAPI document allows, or forbids, is sent: no server error, and no answer that it does not have."""

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.schemas import APIOperation, BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

N_REQUESTS = 20
"""For each operation and way, which together stay within a minute."""


@pytest.fixture(scope="module")
def document(fuzzed_api) -> BaseSchema:
    return schemathesis.openapi.from_url(str(fuzzed_api.base_url.join("/openapi.json")))


def send_many(operation: APIOperation, mode: GenerationMode) -> None:
    @seed(1)
    @settings(
        max_examples=N_REQUESTS,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: schemathesis.Case) -> None:
        # No schema can say what makes an id (printable), a time (past) or a movie (in the catalogue) a good one.
        case.call_and_validate(excluded_checks=[positive_data_acceptance])

    send()


def test_what_is_allowed_gets_an_answer_as_documented(document):
    for found in document.get_all_operations():
        send_many(found.ok(), GenerationMode.POSITIVE)


def test_what_is_forbidden_is_refused_as_documented(document):
    operations = [found.ok() for found in document.get_all_operations()]
    # No bytes are forbidden as such: that of a file is what `test_histories.py` sends.
    files = ["/v1/history"]
    refusing = [each for each in operations if (each.query or each.body) and each.path not in files]
    assert len(refusing) >= 6
    for operation in refusing:
        send_many(operation, GenerationMode.NEGATIVE)
