"""The plot is well-formed, small, and shows every line."""

from xml.etree import ElementTree as ET

from matinee.bench.soak.plot import panels


def test_every_line_of_every_chart_is_drawn_and_the_file_stays_small():
    days = [float(day % 7) for day in range(1_096)]
    drawn = panels({"a & b": {"one": days, "two": days}, "empty": {"none": []}})
    root = ET.fromstring(drawn)  # noqa: S314  drawn a line above
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) == 3
    assert "a &amp; b" in drawn
    assert len(drawn) < 20_000
