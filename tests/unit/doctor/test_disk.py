"""A disk that is full, or will be, is told."""

import os
import shutil
import time
from pathlib import Path

from matinee.doctor import disk
from matinee.doctor.finding import finding_of


def test_a_full_disk_is_found(own, monkeypatch):
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: usage._replace(free=500_000_000))
    finding = finding_of("disk", disk.check_disk, own)
    assert (finding.ok, "0.5 GB left" in finding.detail, "MATINEE_HOME" in finding.fix) == (False, True, True)


def test_a_disk_that_is_full_in_some_days_at_the_pace_of_this_home_is_found(own, monkeypatch):
    secret = own.home / "secrets" / "api_token"
    secret.parent.mkdir(parents=True)
    secret.touch()
    (own.home / "models").write_bytes(b"x" * 10_000_000)
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(disk.shutil, "disk_usage", lambda _: usage._replace(free=3_000_000_000))
    assert finding_of("disk", disk.check_disk, own).ok, "a new home tells nothing"
    ten_days_ago = time.time() - 10 * 86_400
    os.utime(secret, (ten_days_ago, ten_days_ago))
    assert (
        finding_of("disk", disk.check_disk, own).ok,
        "1 MB a day" in finding_of("disk", disk.check_disk, own).detail,
    ) == (True, True)
    with (own.home / "models").open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, 2_000_000_000)
    finding = finding_of("disk", disk.check_disk, own)
    assert (finding.ok, "full in about 15 days" in finding.detail, bool(finding.fix)) == (False, True, True)


def test_a_file_that_vanishes_while_the_home_is_measured_is_no_error(own, monkeypatch):
    secret, journal = own.home / "secrets" / "api_token", own.home / "mlflow.db-journal"
    secret.parent.mkdir(parents=True)
    secret.touch()
    journal.touch()
    ten_days_ago = time.time() - 10 * 86_400
    os.utime(secret, (ten_days_ago, ten_days_ago))
    listed = list(own.home.rglob("*"))
    journal.unlink()
    monkeypatch.setattr(Path, "rglob", lambda *_: iter(listed))
    assert "MB a day" in disk.check_disk(own)
