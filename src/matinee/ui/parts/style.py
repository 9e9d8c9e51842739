"""Style sheet of the pages: what the theme has no setting for."""

from pathlib import Path

STYLE = f"<style>{Path(__file__).with_name('page.css').read_text()}</style>"
