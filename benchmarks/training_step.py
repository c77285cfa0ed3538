"""Forward and backward of the wide ResNet on a batch, in several ways, against the plain unmasked fp32 network."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from measure import Case, in_turn, options, print_machine, print_ratios, rounds_of
from torch.nn import functional

from emonet.audio.decode import SAMPLE_RATE
from emonet.model.model import Model
from emonet_plugins.factories import logmel, wide_resnet

TASK = "foo/emotion"
CLASSES = 7


@dataclass(frozen=True)
class Way:
    """One way to make a step."""

    mask: bool = False
    bf16: bool = False
    channels_last: bool = False

    def __str__(self) -> str:
        """Name it in a table."""
        words = ["bf16" if self.bf16 else "fp32", "mask" if self.mask else "no mask"]
        return ", ".join([*words, "channels last"] if self.channels_last else words)


@dataclass(frozen=True)
class Batch:
    """Waves (B, T) in [-1, 1], their lengths (B,) in samples, and labels (B,)."""

    wave: torch.Tensor
    lengths: torch.Tensor
    labels: torch.Tensor


def main() -> None:
    """Time the steps and print the table."""
    parser = options(__doc__ or "")
    parser.add_argument("--width", type=int, default=8, help="filters of the first convolution (the paper: 32)")
    parser.add_argument("--clips", type=int, default=16, help="clips of a batch (the paper: 64)")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of the longest clip")
    parser.add_argument("--no-bf16", action="store_true", help="leave bf16 out: slow where the CPU has no such units")
    given = parser.parse_args()
    width, clips, seconds = (4, 2, 0.5) if given.quick else (given.width, given.clips, given.seconds)
    print_machine()
    batch = _batch(clips, seconds)
    ways = [Way(mask, bf16, last) for bf16 in (False, True) for last in (False, True) for mask in (False, True)]
    cases = {str(way): _step(way, width, batch) for way in ways if not (way.bf16 and given.no_bf16)}
    cases["log-mel frontend alone (part of each step)"] = _frontend(batch)
    spread = f"{clips} clips of {seconds / 2:g} to {seconds:g} s"
    timed = in_turn(cases, rounds_of(given, 3))
    print_ratios(f"Forward and backward, width {width}, {spread}", timed, items=(clips, "clips"))


def _batch(clips: int, seconds: float) -> Batch:
    torch.manual_seed(0)
    lengths = torch.linspace(seconds / 2, seconds, clips).mul(SAMPLE_RATE).long()
    valid = torch.arange(int(lengths.max())) < lengths[:, None]
    wave = torch.randn(valid.shape) * 0.1 * valid
    return Batch(wave, lengths, torch.randint(CLASSES, (clips,)))


def _step(way: Way, width: int, batch: Batch) -> Case:
    torch.manual_seed(0)
    model = Model(logmel(), wide_resnet(width=width, mask=way.mask))
    model.add_task(TASK, CLASSES)
    if way.channels_last:
        model.to(memory_format=torch.channels_last)
    model.train()

    def run() -> None:
        model.zero_grad(set_to_none=True)
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=way.bf16):
            outputs = model(batch.wave, batch.lengths, TASK)
        functional.cross_entropy(outputs, batch.labels).backward()

    return Case(run)


def _frontend(batch: Batch) -> Case:
    frontend = logmel()
    return Case(lambda: frontend(batch.wave, batch.lengths))


if __name__ == "__main__":
    main()
