"""What happens to a model after it is trained: registered, in production, archived, rolled back."""
