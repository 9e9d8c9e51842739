"""The plot is well-formed, small, and shows every line."""

from xml.etree import ElementTree as ET

from matinee.bench.plot import panels


def test_every_line_of_every_chart_is_drawn_and_the_file_stays_small():
    days = [float(day % 7) for day in range(1_096)]
    drawn = panels({"a & b": {"one": days, "two": days}, "empty": {"none": []}}, "day 1096")
    root = ET.fromstring(drawn)  # noqa: S314  drawn a line above
    assert len(list(root.iter("{http://www.w3.org/2000/svg}path"))) == 3
    assert "a &amp; b" in drawn
    assert len(drawn) < 20_000


def test_points_lie_where_they_are_told_to():
    drawn = panels({"s": {"train": [1.0, 2.0, 4.0]}}, "4 million ratings", [1.0, 2.0, 4.0])
    root = ET.fromstring(drawn)  # noqa: S314  drawn a line above
    (path,) = root.iter("{http://www.w3.org/2000/svg}path")
    points = [tuple(map(float, each.split())) for each in path.attrib["d"].removeprefix("M").split("L")]
    (left, _), (middle, _), (right, _) = points
    assert (right - middle) == 2 * (middle - left)
    assert "4 million ratings" in drawn
