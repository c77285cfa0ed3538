"""What corpora hold, as in the paper's Table 1 and the pictures of its section 3.4, drawn without a screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from emonet.audio.statistics import BIN, CELLS, LONGEST, CorpusStatistics, bins
from emonet.errors import MissingExtra, counted
from emonet.files import replacing
from emonet.report.table import Table
from emonet.task_id import TaskId

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


_HEADER = ("name", "#", "# C.", "# Sp.", "language", "mean_dur [s]", "total_d [h]")


def corpora_table(statistics: Sequence[CorpusStatistics], *, paper: bool = True) -> Table:
    """Return samples, classes, speakers, languages, mean duration and hours of each corpus, as Table 1 does.

    Args:
        statistics: of the corpora.
        paper: whether a corpus' row of the paper's own Table 1 stands below it.
    """
    rows: list[tuple[str, ...]] = []
    for each in statistics:
        rows.append(_row(each))
        if paper and (used := each.table1) is not None:
            speakers = "-" if used.speakers is None else str(used.speakers)
            duration = f"{used.mean_duration:.1f} ± {used.std_duration:.1f}"
            rows.append(
                ("  in the paper", str(used.samples), str(used.classes), speakers, "", duration, f"{used.hours:.2f}")
            )
    if len(statistics) > 1:
        rows.append(_total(statistics))
    return Table(_HEADER, tuple(rows), (), "Corpora")


def _row(each: CorpusStatistics) -> tuple[str, ...]:
    classes = ", ".join(str(sum(1 for count in counts.values() if count)) for counts in each.classes.values())
    speakers = str(len(each.speakers)) if each.speakers else "-"
    duration = f"{each.mean:.1f} ± {each.std:.1f}"
    languages = " ".join(each.languages)
    return (each.corpus, str(each.samples), classes or "-", speakers, languages, duration, f"{each.hours:.2f}")


def _total(statistics: Sequence[CorpusStatistics]) -> tuple[str, ...]:
    samples, hours = sum(each.samples for each in statistics), sum(each.hours for each in statistics)
    speakers = sum(len(each.speakers) for each in statistics)
    mean = sum(each.mean * each.samples for each in statistics) / samples
    languages = {language.split("-")[0] for each in statistics for language in each.languages} - {"und"}
    return ("all", str(samples), "-", str(speakers), counted(len(languages), "language"), f"{mean:.1f}", f"{hours:.2f}")


Format = Literal["svg", "png"]

_BLUE, _GREY = "#0072b2", "#5a646e"
# valence by colour (red, grey, green), arousal by its strength; told apart by those who cannot tell red from green
_TONES: Mapping[str, str] = dict(
    zip(CELLS, ("#f4a582", "#c8ccd1", "#80cdc1", "#ca0020", "#7d858d", "#018571"), strict=True)
)
_NO_EMOTION = _BLUE
_MOST_BARS = 60
_STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.grid.axis": "x",
    "grid.color": "#e3e7eb",
    "svg.hashsalt": "emonet",
    "svg.fonttype": "none",
}


def draw_corpora(statistics: Sequence[CorpusStatistics], out: Path, form: Format) -> list[Path]:
    """Draw all pictures into a folder, and return their paths.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError:
        raise MissingExtra("Drawing corpora", "figures") from None
    pictures: dict[str, Callable[[Figure, Sequence[CorpusStatistics]], None]] = {
        "durations": _durations,
        "durations-by-corpus": _boxes,
        "size": _sizes,
        "classes": _classes,
        "speakers": _speakers,
        "affect": _affect,
    }
    out.mkdir(parents=True, exist_ok=True)
    paths = []
    with mpl.rc_context({**_STYLE, "backend": "agg"}):
        for name, draw in pictures.items():
            figure = Figure(layout="constrained")
            draw(figure, statistics)
            if figure.axes:
                paths.append(_saved(figure, out / f"{name}.{form}", form))
    return paths


def _saved(figure: Figure, path: Path, form: Format) -> Path:
    metadata: Any = {"Date": None} if form == "svg" else {"Software": None}
    with replacing(path) as temporary:
        figure.savefig(temporary, format=form, dpi=150, metadata=metadata)
    return path


def _durations(figure: Figure, statistics: Sequence[CorpusStatistics]) -> None:
    """The paper's Figure 3: a histogram of all durations up to 10 s."""
    figure.set_size_inches(7, 3.6)
    axes = figure.add_subplot()
    counts = [sum(each.histogram[place] for each in statistics) for place in range(len(bins()))]
    axes.bar([begin for begin, _ in bins()], counts, BIN * 0.92, align="edge", color=_BLUE)
    beyond, total = sum(each.beyond for each in statistics), sum(each.samples for each in statistics)
    axes.set(xlim=(0, LONGEST), xlabel="duration in s", ylabel="samples")
    rest = f"; {beyond} longer than {LONGEST:g} s are not shown" if beyond else ""
    axes.set_title(f"Durations of {counted(total, 'sample')}{rest}", loc="left", fontsize=10)
    axes.grid(visible=False, axis="x")
    axes.grid(visible=True, axis="y")
    axes.set_xticks(range(int(LONGEST) + 1))


def _boxes(figure: Figure, statistics: Sequence[CorpusStatistics]) -> None:
    """The paper's Figure 2: durations of each corpus; whiskers at 1.5 times the box."""
    figure.set_size_inches(7, 1.4 + 0.34 * len(statistics))
    axes = figure.add_subplot()
    boxes = [
        {"whislo": box.low, "q1": box.lower, "med": box.median, "q3": box.upper, "whishi": box.high}
        for box in (each.box for each in statistics)
    ]
    axes.bxp(
        boxes,
        showfliers=False,
        orientation="horizontal",
        widths=0.6,
        patch_artist=True,
        boxprops={"facecolor": "#cfe3f1", "edgecolor": _BLUE},
        medianprops={"color": _BLUE, "linewidth": 2},
        whiskerprops={"color": _BLUE},
        capprops={"color": _BLUE},
    )
    for place, each in enumerate(statistics, 1):
        if each.box.outliers:
            text = f"  {each.box.outliers} beyond, up to {each.box.longest:.1f} s"
            axes.text(each.box.high, place, text, va="center", fontsize=8, color=_GREY)
    axes.set_yticks(range(1, len(statistics) + 1), [each.corpus for each in statistics])
    axes.margins(x=0.2)
    axes.set(xlabel="duration in s", xlim=(0, None))
    axes.invert_yaxis()


def _sizes(figure: Figure, statistics: Sequence[CorpusStatistics]) -> None:
    figure.set_size_inches(8, 1.3 + 0.3 * len(statistics))
    names = [each.corpus for each in statistics]
    samples, hours = figure.subplots(1, 2, sharey=True)
    for axes, values, title, form in (
        (samples, [each.samples for each in statistics], "samples", "{:.0f}"),
        (hours, [each.hours for each in statistics], "hours", "{:.2f}"),
    ):
        bars = axes.barh(names, values, color=_BLUE, height=0.65)
        axes.bar_label(bars, [form.format(value) for value in values], padding=3, fontsize=8, color=_GREY)
        axes.margins(x=0.18)
        axes.set_xlabel(title)
    samples.invert_yaxis()


def _classes(figure: Figure, statistics: Sequence[CorpusStatistics]) -> None:
    panels = [
        (TaskId(each.corpus, target), counts, each)
        for each in statistics
        for target, counts in each.classes.items()
        if any(counts.values())
    ]
    used: set[str] = set()
    most = max((len(counts) for _, counts, _ in panels), default=0)
    for axes, (task, counts, each) in zip(_grid(figure, len(panels), 1.2 + 0.24 * most), panels, strict=True):
        cells = [each.cells.get(task.target, {}).get(label, "") for label in counts]
        used |= set(cells)
        bars = axes.barh(list(counts), list(counts.values()), height=0.7, color=[_tone(cell) for cell in cells])
        axes.bar_label(bars, padding=3, fontsize=8, color=_GREY)
        axes.margins(x=0.18)
        axes.set_ylim(most - 0.4, -0.6)  # bars of one height in all panels
        axes.set_title(task.text, loc="left", fontsize=10)
    if panels:
        _legend(figure, [cell for cell in (*CELLS, "") if cell in used])


def _speakers(figure: Figure, statistics: Sequence[CorpusStatistics]) -> None:
    from matplotlib.ticker import MaxNLocator

    known = [each for each in statistics if each.speakers]
    for axes, each in zip(_grid(figure, len(known), 2.3), known, strict=True):
        counts = sorted(each.speakers.values(), reverse=True)
        axes.bar(range(1, len(counts) + 1), counts, width=0.85 if len(counts) <= _MOST_BARS else 1.0, color=_BLUE)
        axes.set_title(f"{each.corpus}: {len(counts)} speakers", loc="left", fontsize=10)
        axes.grid(visible=False, axis="x")
        axes.grid(visible=True, axis="y")
        axes.set(xlabel="speakers, most first", ylabel="samples")
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.yaxis.set_major_locator(MaxNLocator(5, integer=True))


def _affect(figure: Figure, statistics: Sequence[CorpusStatistics]) -> None:
    known = [each for each in statistics if sum(each.affect.values())]
    if not known:
        return
    figure.set_size_inches(8, 1.8 + 0.34 * len(known))
    axes = figure.add_subplot()
    begin = [0.0] * len(known)
    for cell in CELLS:
        shares = [100 * each.affect[cell] / sum(each.affect.values()) for each in known]
        bars = axes.barh([each.corpus for each in known], shares, left=begin, color=_TONES[cell], height=0.7)
        texts = [f"{share:.0f}" if share >= 4 else "" for share in shares]
        colour = "white" if cell.startswith("high") else "black"
        axes.bar_label(bars, texts, label_type="center", fontsize=8, color=colour)
        begin = [at + share for at, share in zip(begin, shares, strict=True)]
    axes.set(xlim=(0, 100), xlabel="samples in % by arousal/valence")
    axes.invert_yaxis()
    _legend(figure, CELLS)


def _tone(cell: str) -> str:
    return _TONES.get(cell, _NO_EMOTION)


def _grid(figure: Figure, count: int, height: float) -> list[Axes]:
    """Return ``count`` panels in rows of three at most."""
    if not count:
        return []
    columns = min(3, count)
    rows = ceil(count / columns)
    figure.set_size_inches(3.6 * columns + 0.4, height * rows + 0.5)
    panels = figure.subplots(rows, columns, squeeze=False).flatten().tolist()
    for axes in panels[count:]:
        axes.remove()
    return list(panels[:count])


def _legend(figure: Figure, cells: Sequence[str]) -> None:
    from matplotlib.patches import Patch

    if cells:
        names = {cell: cell.replace("/", " arousal, ") or "no cell" for cell in cells}
        handles = [Patch(facecolor=_tone(cell), label=name) for cell, name in names.items()]
        figure.legend(handles=handles, loc="outside lower center", ncols=3, frameon=False, fontsize=8)
