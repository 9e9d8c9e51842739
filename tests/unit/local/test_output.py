"""Log files: rotation, and reading them as they grow."""

import shutil
import subprocess
import sys
import textwrap

import pytest

from matinee.local import output
from matinee.local.output import Output, log_file, read


def write(home, process: str, text: str) -> None:
    log_file(home, process).parent.mkdir(exist_ok=True)
    log_file(home, process).write_text(text)


def test_lines_of_several_processes_come_in_order_of_time_after_their_names(tmp_path):
    write(tmp_path, "api", "2025-01-01T00:00:01.000Z one\n2025-01-01T00:00:03.000Z three\n")
    write(tmp_path, "mlflow", "2025-01-01T00:00:02.000Z two\n")
    files = {name: log_file(tmp_path, name) for name in ("api", "mlflow")}
    assert list(read(files)) == [
        "api    | 2025-01-01T00:00:01.000Z one",
        "mlflow | 2025-01-01T00:00:02.000Z two",
        "api    | 2025-01-01T00:00:03.000Z three",
    ]


def test_lines_of_the_supervisor_and_of_a_traceback_stand_where_they_belong(tmp_path):
    write(tmp_path, "api", "2025-01-01T00:00:01.000Z one\nTraceback\n2025-01-01T00:00:03.000Z three\n")
    write(tmp_path, "supervisor", '{"event": "two", "timestamp": "2025-01-01T00:00:02.000001Z"}\n')
    files = {name: log_file(tmp_path, name) for name in ("api", "supervisor")}
    assert [line.split()[0] for line in read(files)] == ["api", "api", "supervisor", "api"]


def test_only_the_newest_lines_of_a_long_log_are_read(tmp_path):
    write(tmp_path, "api", "".join(f"{number}\n" for number in range(10)))
    assert list(read({"api": log_file(tmp_path, "api")}, lines=2)) == ["8", "9"]


def test_following_goes_on_with_the_new_file_after_a_rotation(tmp_path):
    write(tmp_path, "api", "old\n")
    path = log_file(tmp_path, "api")
    lines = read({"api": path}, follow=True)
    assert next(lines) == "old"
    path.rename(path.with_suffix(".log.1"))
    write(tmp_path, "api", "new\n")
    assert next(lines) == "new"
    lines.close()


def test_a_full_log_file_is_set_aside_and_the_oldest_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(output, "FILE_BYTES", 100)
    log = Output(tmp_path, "api")
    for number in range(100):
        log.say(f"line {number}")
    log.close()
    files = sorted(path.name for path in (tmp_path / "logs").iterdir())
    assert files == ["api.log", *(f"api.log.{age}" for age in range(1, output.OLD_FILES + 1))]
    assert all(path.stat().st_size <= 100 for path in (tmp_path / "logs").iterdir())
    (newest,) = read({"api": log_file(tmp_path, "api")}, lines=1)
    assert newest.endswith("line 99")


@pytest.mark.parametrize("removed", ["folder", "file"])
def test_a_log_that_somebody_has_removed_is_made_again(tmp_path, removed):
    log, path = Output(tmp_path, "api"), log_file(tmp_path, "api")
    log.say("before")
    if removed == "folder":
        shutil.rmtree(path.parent)
    else:
        path.unlink()
    log.say("after")
    log.close()
    assert path.read_text().split()[1:] == ["after"]


TALKER = """
    import os, sys
    from pathlib import Path
    from matinee.local import output

    output.FILE_BYTES = 1_000
    path = Path(sys.argv[1])
    for number in range(200):
        os.write(2, f"line {number} of the supervisor\\n".encode())
        output.rotate_own(path)
    print("on stdout too", flush=True)
    raise RuntimeError("the last word")
"""


def talk(home, stderr: str) -> list[str]:
    path = home / "logs" / stderr
    path.parent.mkdir()
    log_file(home, output.SUPERVISOR).touch()
    with path.open("a") as file:
        command = [sys.executable, "-c", textwrap.dedent(TALKER), str(log_file(home, output.SUPERVISOR))]
        subprocess.run(command, stdout=file, stderr=file, check=False)
    return sorted(each.name for each in path.parent.iterdir())


@pytest.mark.slow
def test_the_log_of_the_supervisor_is_set_aside_when_it_is_full_and_has_its_last_words(tmp_path):
    kept = ["supervisor.log", *(f"supervisor.log.{age}" for age in range(1, output.OLD_FILES + 1))]
    assert talk(tmp_path, "supervisor.log") == kept
    assert all(path.stat().st_size < 2_000 for path in (tmp_path / "logs").iterdir())
    newest = log_file(tmp_path, "supervisor").read_text()
    assert newest.endswith("RuntimeError: the last word\n")
    assert "on stdout too" in newest
    lines = "".join((tmp_path / "logs" / name).read_text() for name in reversed(kept)).splitlines()
    numbers = [int(line.split()[1]) for line in lines if line.startswith("line ")]
    assert numbers == list(range(numbers[0], 200))


@pytest.mark.slow
def test_the_log_of_the_supervisor_is_made_again_when_somebody_has_removed_it(tmp_path):
    path = log_file(tmp_path, output.SUPERVISOR)
    path.parent.mkdir()
    code = (
        "import shutil, sys; from pathlib import Path; from matinee.local import output; path = Path(sys.argv[1]);"
        "print('before', flush=True); shutil.rmtree(path.parent); output.rotate_own(path); print('after', flush=True)"
    )
    with path.open("a") as file:
        subprocess.run([sys.executable, "-c", code, str(path)], stdout=file, stderr=file, check=True)
    assert path.read_text() == "after\n"


@pytest.mark.slow
def test_a_supervisor_that_writes_elsewhere_sets_nothing_aside(tmp_path):
    assert talk(tmp_path, "elsewhere") == ["elsewhere", "supervisor.log"]
