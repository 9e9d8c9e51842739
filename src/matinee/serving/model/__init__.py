"""The model that is served: where it lies, how it is loaded, how it is swapped."""
