"""How fast matinee serves, and what its data watch says of whole data sets: `matinee bench`."""
