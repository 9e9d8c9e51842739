"""Years of a home's life in an hour: days on a simulated clock, with people who rate, correct, take back and leave."""
