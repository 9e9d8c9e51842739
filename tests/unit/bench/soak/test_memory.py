"""Growth is that of one life; a restart begins another."""

import mmap
import subprocess
import sys

import pytest

from matinee.bench.soak.memory import Growth, own_memory_bytes


def test_growth_compares_the_end_of_a_life_with_its_beginning():
    growth = Growth()
    for day in range(90):
        warming_up = 500 + 10 * min(day, 50)  # until everything was done once
        growth.look({"api": 1_000 if day < 60 else 1_100, "mlflow": 500, "new": warming_up if day < 30 else 800})
    assert growth.by_server() == {"api": pytest.approx(0.1), "mlflow": 0, "new": 0}


def test_a_restart_is_no_growth_and_short_lives_tell_nothing():
    growth = Growth()
    for size in (1_000, 2_000):
        for _ in range(40):
            growth.look({"api": size})
        growth.restarted("api")
    for _ in range(39):
        growth.look({"api": 9_000, "new": 1})
    assert growth.by_server() == {"api": 0}


TOUCHES = """
import mmap
kept = mmap.mmap(-1, {size}, flags=mmap.{how} | mmap.MAP_ANONYMOUS)
kept.write(bytes({size}))
print("touched", flush=True)
input()
"""
SIZE = 64 * mmap.PAGESIZE * 64


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells mappings apart")
def test_what_is_mapped_to_be_shared_is_nobodys_own():
    def taken(how):
        script = TOUCHES.format(size=SIZE, how=how)
        with subprocess.Popen([sys.executable, "-c", script], stdin=-1, stdout=-1) as process:
            assert process.stdout.readline() == b"touched\n"
            size = own_memory_bytes(process.pid)
            process.communicate(b"\n")
        return size

    assert 0.8 * SIZE < taken("MAP_PRIVATE") - taken("MAP_SHARED") < 1.2 * SIZE
