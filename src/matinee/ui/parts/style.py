"""Style sheet of the pages: what the theme has no setting for."""

import re
from pathlib import Path

STYLE = re.sub(r"/\*.*?\*/\n?", "", Path(__file__).with_name("page.css").read_text(), flags=re.DOTALL)
"""CSS, without its comments."""
