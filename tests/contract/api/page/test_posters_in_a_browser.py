"""Tiles with images, where somebody has some."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from page_in_a_browser import VISITS, code_of, drawn
from running import eventually

pytestmark = pytest.mark.timeout(180)

IMAGE = (
    b'<svg xmlns="http://www.w3.org/2000/svg" width="20" height="30"><rect width="20" height="30" fill="#fff"/></svg>'
)
LOADED = "images => images.filter(image => image.naturalWidth > 0).map(image => image.src)"


@pytest.fixture
def images() -> Iterator[str]:
    """Base URL of images of the movies with even ids; the others have none."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            has_one = int(self.path.removeprefix("/m").removesuffix(".svg")) % 2 == 0
            self.send_response(200 if has_one else 404)
            self.send_header("Content-Type", "image/svg+xml")
            self.end_headers()
            self.wfile.write(IMAGE if has_one else b"")

        def log_message(self, *_: object) -> None:
            """Keep the tests' output clean."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def settings(settings, images):
    return settings.model_copy(update={"poster_url": f"{images}/{{movie_id}}.svg"})


@VISITS
def test_images_lie_under_the_titles_and_movies_without_one_keep_their_tile(serve, site, tab, texts, size, images):
    tab.set_viewport_size(size)
    with serve():
        drawn(tab, f"{site}/?user=u1&lang={code_of(texts)}", "", texts)
        tiles = tab.locator("[class*=st-key-cards-list] .tile")
        for tile in tiles.all():
            tile.scroll_into_view_if_needed()
            expect(tile.get_by_role("heading", level=3)).to_be_visible()
        pictures = tiles.locator("img")
        expect(pictures).to_have_count(tiles.count())
        eventually(lambda: pictures.evaluate_all(LOADED) != [])
        loaded = pictures.evaluate_all(LOADED)
        assert all(source.startswith(images) and source[-5] in "02468" for source in loaded)
        boxes = tiles.filter(has=tab.locator("img")).evaluate_all(COVERED)
        assert set(boxes) == {True}
        assert Axe().run(tab, options={"resultTypes": ["violations"]}).violations_count == 0


COVERED = """
tiles => tiles.map(tile => {
  const title = tile.querySelector("h3").getBoundingClientRect();
  const top = document.elementFromPoint(title.x + title.width / 2, title.y + title.height / 2);
  const image = tile.querySelector("img").getBoundingClientRect(), box = tile.getBoundingClientRect();
  const seen = top === null || top.closest("h3") !== null;
  return seen && Math.abs(image.width - box.width) < 2 && Math.abs(image.height - box.height) < 2;
})
"""
"""Whether an image fills its tile and nothing lies over the title, where that is in sight."""
