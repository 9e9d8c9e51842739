"""From the rows of a file to usable ratings."""
