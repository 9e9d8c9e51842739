"""What the API tells of the pipeline."""
