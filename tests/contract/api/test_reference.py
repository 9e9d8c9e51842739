"""The examples of `docs/http-api.md`, sent to a real server as they stand."""

import re
import shlex
from pathlib import Path

import pytest

REFERENCE = Path(__file__).parents[3] / "docs" / "http-api.md"
EXAMPLES = re.findall(r"```sh\n(.+?)\n```", REFERENCE.read_text(), re.DOTALL)

FILES = {"@ratings.csv": "Date,Name,Year,Letterboxd URI,Rating\n2024-05-04,Heat,1995,https://boxd.it/x,4.5\n"}
"""What examples send from a file."""


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example[:60])
def test_an_example_is_a_request_that_the_server_understands(api, example):
    assert len(EXAMPLES) > 20
    words = shlex.split(example.replace("50", "m5").replace("War", "Comedy"))  # a movie and a genre of these tests
    url = words[1].removeprefix("localhost:8000")
    options = dict(zip(words[2::2], words[3::2], strict=True))
    content = FILES.get(options.get("--data-binary", ""), options.get("-d", ""))
    method = options.get("-X", "POST" if content else "GET")
    headers = {"content-type": "application/json"} if "-d" in options else {}
    answer = api.request(method, url, headers=headers, content=content)
    unknown_route = api.request("GET", "/v1/nothing")
    if "Authorization" in example:
        assert answer.status_code == 401  # the examples read the token from a file of the home
    elif answer.status_code == 404:
        assert answer.json()["detail"] != unknown_route.json()["detail"]  # a version or a run that is not here
    else:
        assert answer.status_code in {200, 201, 204, 503}, answer.text
