"""What is freed goes back to the system."""

import ctypes

import numpy as np
import psutil
import pytest

from matinee.memory import return_freed_memory

MB = 1_000_000


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="no glibc, which is who keeps it")
def test_freed_memory_goes_back_to_the_system():
    process = psutil.Process()
    # Small enough for the heap, of which glibc gives back no more than what lies above the last that is used.
    many = [np.ones(100_000, np.uint8) for _ in range(1_000)]
    highest = [np.ones(100_000, np.uint8) for _ in range(10)]
    del many
    kept = process.memory_info().rss
    return_freed_memory()
    assert kept - process.memory_info().rss > 60 * MB
    assert all(each.all() for each in highest)
    return_freed_memory()  # with nothing to give back
