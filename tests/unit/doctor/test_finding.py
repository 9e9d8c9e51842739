"""What a check finds, however it ends."""

from structlog.testing import CapturingLogger

from matinee.doctor import finding


def test_a_check_that_breaks_is_a_finding_with_its_traceback_in_the_log(own, monkeypatch):
    def check(settings):
        raise ValueError(f"a file of {settings.home.name} is damaged")

    said = CapturingLogger()
    monkeypatch.setattr(finding, "log", said)
    found = finding.finding_of("chunks", check, own)
    assert (found.ok, bool(found.fix)) == (False, True)
    assert f"ValueError: a file of {own.home.name} is damaged" in found.detail
    assert [(call.method_name, call.kwargs) for call in said.calls] == [("exception", {"what": "chunks"})]
