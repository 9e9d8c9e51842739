"""Every file that outlives a process."""
