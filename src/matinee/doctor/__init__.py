"""What goes wrong while matinee runs, found before anybody has to guess."""
