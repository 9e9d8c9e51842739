"""A hook of MkDocs: the source files that pages link to become pages of the site, which has nothing else from outside `docs/`."""

import os
import re
from pathlib import Path, PurePosixPath

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

LINK = re.compile(r"\]\((?:\.\./)+((?:src|dags|tests|bench)/[\w/.-]+\.py)\)")
"""A link from a page to a source file, as it works in the checkout."""


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each source file that a page links to."""
    root = Path(config.config_file_path).parent
    linked = {name for file in files.documentation_pages() for name in LINK.findall(file.content_string)}
    for name in sorted(linked):
        if (root / name).is_file():  # else strict mode tells that the link leads nowhere
            page = f"# {name}\n\n~~~~python\n{(root / name).read_text()}~~~~\n"
            files.append(File.generated(config, f"{name}.md", content=page))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001  as MkDocs calls it
    """Lead such links to those pages."""
    here = PurePosixPath(page.file.src_uri).parent
    return LINK.sub(lambda link: f"]({os.path.relpath(f'{link[1]}.md', here)})", markdown)
