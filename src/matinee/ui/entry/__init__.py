"""Where Streamlit starts: apart from `pages/`, which it would take for its own beside the script."""
