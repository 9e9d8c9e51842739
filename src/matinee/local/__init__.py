"""Run matinee natively: start its processes, watch them, stop them.

Nothing is imported here: the watchdog and the supervisor live as long as matinee does, and are small.
"""
