"""Every word of the pages."""
