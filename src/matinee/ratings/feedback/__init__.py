"""What people rate and take back live."""
