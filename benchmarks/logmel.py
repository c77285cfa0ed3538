"""The log-mel frontend against torchaudio's MelSpectrogram with the same settings and a logarithm."""

from __future__ import annotations

import torch
from measure import Case, in_turn, options, print_machine, print_ratios, rounds_of, speech_like
from torchaudio.transforms import MelSpectrogram

from emonet.audio.decode import SAMPLE_RATE
from emonet_plugins.factories import logmel


def main() -> None:
    """Time both and print the table, and how far their results are apart."""
    parser = options(__doc__ or "")
    parser.add_argument("--clips", type=int, default=64, help="clips of a batch")
    given = parser.parse_args()
    print_machine()
    clips, longest = (2, 1.0) if given.quick else (given.clips, 5.0)
    wave = torch.stack([torch.from_numpy(speech_like(longest, SAMPLE_RATE, seed)) for seed in range(clips)])
    frontend = logmel()
    mel = MelSpectrogram(SAMPLE_RATE, n_fft=512, hop_length=256, n_mels=64, pad_mode="constant")
    whole = torch.full((clips,), wave.shape[1])
    uneven = torch.linspace(wave.shape[1] // 2, wave.shape[1], clips).long()
    cases = {
        "MelSpectrogram + logarithm": Case(lambda: torch.log(mel(wave) + 1e-6)),
        "logmel, clips of one length": Case(lambda: frontend(wave, whole)),
        "logmel, half as long to whole": Case(lambda: frontend(wave, uneven)),
    }
    with torch.inference_mode():
        apart = (frontend(wave, whole)[0][:, 0] - torch.log(mel(wave) + 1e-6)).abs().max()
        seconds = in_turn(cases, rounds_of(given, 21))
    print_ratios(f"Log-mel spectrograms of {longest:g} s", seconds, items=(clips, "clips"))
    print(f"Largest difference between the first two: {apart:.2g}")


if __name__ == "__main__":
    main()
