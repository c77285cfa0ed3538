"""Draw what EmoNet does, as an SVG that is read in light and dark: ``python docs/pictures/overview.py`` writes it.

What it says of corpora comes from their cards. The scores on its right are a sketch: they stand for no run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.sax.saxutils import escape

import emonet

PICTURE = Path(__file__).with_suffix(".svg")
SIZE = (960, 400)
TASKS = {"emodb/emotion": "a", "crema_d/emotion": "b", "iemocap/valence": "c", "my_folder/label": "d"}
"""Task of a row -> the class of its colour."""
TOP, STEP, HEIGHT = 96, 62, 46
SKETCH = ((0.72, 0.10), (0.58, 0.06), (0.66, 0.07), (0.45, 0.14))
"""Value and half the interval of each row, as a share of the scale: made up."""
CHANCE = (0.15, 0.18, None, 0.25)
STYLE = """
  text { font: 14px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328; }
  .head { font-size: 16px; font-weight: 600; } .small { font-size: 12px; fill: #59636e; }
  .middle { text-anchor: middle; } .paper { fill: #ffffff; stroke: #d1d9e0; }
  .shared { fill: #eaeef2; stroke: #818b98; } .line { stroke: #818b98; fill: none; stroke-width: 1.5; }
  .chance { stroke: #818b98; stroke-dasharray: 3 3; }
  .a { fill: #b6d7f5; stroke: #1f6feb; } .b { fill: #f9d3b0; stroke: #bc4c00; }
  .c { fill: #c3e8c9; stroke: #1a7f37; } .d { fill: #e3d2f7; stroke: #8250df; }
  .dot { stroke-width: 2; } .whisker { stroke-width: 2.5; fill: none; }
  @media (prefers-color-scheme: dark) {
    text { fill: #f0f6fc; } .small { fill: #9198a1; } .paper { fill: #0d1117; stroke: #3d444d; }
    .shared { fill: #212830; }
    .a { fill: #12355f; } .b { fill: #5c2a08; } .c { fill: #12421f; } .d { fill: #3c2468; }
  }
"""


def facts(task: str) -> str:
    """Return what the card of a task's corpus says of it, in a few words."""
    name, _, wanted = task.partition("/")
    if name not in emonet.corpora():
        return "yours: a CSV file"
    corpus = emonet.corpora()[name].corpus
    target = next(each for each in corpus.targets if each.name == wanted)
    speakers = f"{corpus.expected.speakers} speakers"
    if target.range is None:
        return f"{len(target.classes)} classes, {speakers}"
    low, high = target.range
    return f"numbers {low:g} to {high:g}, {speakers}"


def words(x: float, y: float, text: str, kind: str = "") -> str:
    """Return a line of text that begins, or has its middle, at a point."""
    return f'<text x="{x:g}" y="{y:g}" class="{kind}">{escape(text)}</text>'


def box(x: float, y: float, width: float, height: float, kind: str) -> str:
    """Return a box with round corners."""
    return f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="7" class="{kind}"/>'


def line(x: float, y: float, to: float, kind: str) -> str:
    """Return a level line, from ``x`` to ``to``."""
    return f'<path d="M{x:g} {y:g}H{to:g}" class="{kind}"/>'


def row(number: int, task: str, kind: str) -> Iterator[str]:
    """Yield one task from left to right: its corpus, what it owns of the network, its score."""
    y = TOP + STEP * number
    middle = y + HEIGHT / 2
    yield box(24, y, 216, HEIGHT, kind)
    yield words(36, y + 20, task)
    yield words(36, y + 37, facts(task), "small")
    yield line(240, middle, 296, "line")
    for at, text in enumerate(("adapters", "norms", "head")):
        x = 440 + 84 * at
        yield line(x - (8 if at else 14), middle, x, "line")
        yield box(x, y, 76, HEIGHT, kind)
        yield words(x + 38, middle + 5, text, "middle")
    yield line(684, middle, 712, "line")
    left, width = 724, 204
    value, half = SKETCH[number]
    chance = CHANCE[number]
    if chance is not None:
        yield f'<path d="M{left + width * chance:g} {y:g}v{HEIGHT:g}" class="line chance"/>'
    yield line(left + width * (value - half), middle, left + width * (value + half), f"{kind} whisker")
    yield f'<circle cx="{left + width * value:g}" cy="{middle:g}" r="6" class="{kind} dot"/>'


def drawing() -> str:
    """Return the picture."""
    width, height = SIZE
    tall = STEP * (len(TASKS) - 1) + HEIGHT
    body = [
        box(0.5, 0.5, width - 1, height - 1, "paper"),
        *(words(x, 40, text, "head") for x, text in ((24, "Corpora"), (296, "One network"), (724, "Scores"))),
        words(24, 62, "cards, folders, datasets", "small"),
        words(296, 62, "shared weights; adapters and norms within, a head behind", "small"),
        words(724, 62, "on speakers it has not heard", "small"),
        *(part for number, (task, kind) in enumerate(TASKS.items()) for part in row(number, task, kind)),
        box(296, TOP, 130, tall, "shared"),
        words(361, TOP + tall / 2 - 12, "log-mel", "middle"),
        words(361, TOP + tall / 2 + 8, "ResNet", "middle"),
        words(361, TOP + tall / 2 + 28, "shared by all", "small middle"),
        words(24, height - 24, "decoded once, audited for leaks", "small"),
        words(296, height - 24, "learned in turn, selected on dev, then tuned on each task", "small"),
        words(724, height - 24, "interval, chance, hash (a sketch)", "small"),
    ]
    title = "EmoNet: many corpora, one network with private adapters, norms and heads, scores with their intervals"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"><title>{title}</title>'
    return "\n".join([head, f"<style>{STYLE}</style>", *body, "</svg>"]) + "\n"


if __name__ == "__main__":
    PICTURE.write_text(drawing(), encoding="utf-8")
