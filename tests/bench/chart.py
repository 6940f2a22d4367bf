"""Charts as SVG: lines over logarithmic axes, for light and dark pages."""

from __future__ import annotations

from math import ceil, floor, log10
from typing import TYPE_CHECKING, NamedTuple
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

WIDTH, HEIGHT = 380, 270
LEFT, RIGHT, TOP, BOTTOM = 56, 30, 52, 44
"""The margins of a chart, which hold its labels."""
COLUMNS = 2
STYLE = """
text { font: 12px system-ui, sans-serif; fill: #24292f; }
.title { font-weight: 600; font-size: 13px; }
.grid { stroke: #d0d7de; stroke-width: 1; }
.line { fill: none; stroke-width: 2; }
.c0 { stroke: #0969da; fill: #0969da; } .c1 { stroke: #bf3989; fill: #bf3989; }
.c2 { stroke: #9a6700; fill: #9a6700; } .c3 { stroke: #6e7781; fill: #6e7781; stroke-dasharray: 4 3; }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3; }
  .grid { stroke: #3d444d; }
  .c0 { stroke: #58a6ff; fill: #58a6ff; } .c1 { stroke: #f778ba; fill: #f778ba; }
  .c2 { stroke: #d29922; fill: #d29922; } .c3 { stroke: #9198a1; fill: #9198a1; }
}
"""


class Chart(NamedTuple):
    """What something costs against its size."""

    title: str
    size: str
    """What is on the x axis."""
    lines: dict[str, dict[float, float]]
    """The costs of each series by size."""

    @property
    def sizes(self) -> list[float]:
        """All sizes, in order."""
        return sorted({size for line in self.lines.values() for size in line})


def number(value: float) -> str:
    """A number of two digits, as people write it."""
    return f"{float(f'{value:.2g}'):,.10g}"


def svg(charts: Sequence[Chart], colors: Mapping[str, int]) -> str:
    """Return charts side by side.

    Args:
        charts: The charts.
        colors: The colour of each series, from 0 to 3, which is dashed.
    """
    width, height = COLUMNS * WIDTH, ceil(len(charts) / COLUMNS) * HEIGHT
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">',
        f"<title>{escape('; '.join(chart.title for chart in charts))}</title><style>{STYLE}</style>",
    ]
    for place, chart in enumerate(charts):
        x, y = place % COLUMNS * WIDTH, place // COLUMNS * HEIGHT
        parts += [f'<g transform="translate({x} {y})">', *_drawn(chart, colors), "</g>"]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _drawn(chart: Chart, colors: Mapping[str, int]) -> Iterable[str]:
    sizes, costs = chart.sizes, [cost for line in chart.lines.values() for cost in line.values()]
    lowest, highest = floor(log10(min(costs))), ceil(log10(max(costs)))
    first, last = log10(sizes[0]), log10(sizes[-1])
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT

    def across(size: float) -> float:
        return round(LEFT + (log10(size) - first) / (last - first) * (right - LEFT), 1)

    def up(cost: float) -> float:
        return round(bottom - (log10(cost) - lowest) / (highest - lowest) * (bottom - TOP), 1)

    yield f'<text class="title" x="{LEFT}" y="20">{escape(chart.title)}</text>'
    for power in range(lowest, highest + 1):
        y = up(10.0**power)
        yield f'<line class="grid" x1="{LEFT}" y1="{y}" x2="{right}" y2="{y}"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{number(10.0**power)}</text>'
    for size in sizes:
        yield f'<text x="{across(size)}" y="{bottom + 18}" text-anchor="middle">{number(size)}</text>'
    yield f'<text x="{(LEFT + right) / 2}" y="{HEIGHT - 8}" text-anchor="middle">{escape(chart.size)}</text>'
    start = LEFT
    for name, line in chart.lines.items():
        kind = f"c{colors[name]}"
        yield f'<line class="line {kind}" x1="{start}" y1="36" x2="{start + 16}" y2="36"/>'
        yield f'<text x="{start + 20}" y="40">{escape(name)}</text>'
        start += 28 + round(6.5 * len(name))
        points = [(across(size), up(cost)) for size, cost in sorted(line.items())]
        yield f'<polyline class="line {kind}" style="fill:none" points="{" ".join(f"{x},{y}" for x, y in points)}"/>'
        for x, y in points:
            yield f'<circle class="{kind}" cx="{x}" cy="{y}" r="3"/>'


def markdown(chart: Chart) -> str:
    """Return the table of a chart."""
    sizes = chart.sizes
    lines = [
        f"| {chart.title} | {' | '.join(number(size) for size in sizes)} {chart.size} |",
        f"|---|{'---|' * len(sizes)}",
    ]
    for name, line in chart.lines.items():
        lines.append(f"| {name} | {' | '.join(number(line[size]) if size in line else '' for size in sizes)} |")
    return "\n".join(lines)
