"""How fast matinee serves: `matinee bench serving`."""
