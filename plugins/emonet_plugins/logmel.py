"""Log-mel spectrograms, computed inside the network's graph (paper, 5.1)."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchaudio.functional import melscale_fbanks

from emonet.model.contracts import SAMPLE_RATE
from emonet.model.layers import frame_mask
from emonet.plugin.component import FeatureKind


class LogMel(nn.Module):
    """The natural logarithm of the mel power plus ``floor``: (B, T) -> (B, 1, M, L).

    The paper speaks of a mel filter on the log-magnitude spectrum (5.1). Here filters with the HTK mel scale
    sum the power spectrum and the logarithm comes last, the usual order; of silence it is log(floor).

    Frames are centred on every ``hop``-th sample, so a wave of n samples has n // hop + 1 of them. The wave
    goes on as silence at both ends: no frame depends on what the batch is padded with.

    Raises:
        ValueError: an option is out of range, or a band would hold no frequency bin.
    """

    yields: FeatureKind = "image"

    def __init__(
        self,
        bands: int = 64,
        *,
        window: int = 512,
        hop: int = 256,
        low: float = 0.0,
        high: float = SAMPLE_RATE / 2,
        floor: float = 1e-6,
    ) -> None:
        super().__init__()
        _check_sizes(bands, window, hop)
        _check_range(low, high, floor)
        self.shape = (1, bands)
        self.window_length, self.hop, self.floor = window, hop, floor
        # Not part of the state: both follow from the options.
        self.register_buffer("window", torch.hann_window(window), persistent=False)
        self.register_buffer("filters", mel_filters(bands, window, low, high), persistent=False)

    window: Tensor
    filters: Tensor

    def forward(self, wave: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
        """Turn (wave (B, T), lengths (B,) in samples) into (features (B, 1, M, L), lengths (B,) in frames)."""
        with torch.autocast(wave.device.type, enabled=False):
            wave = wave.float() * frame_mask(lengths, wave.shape[1])
            power = self._spectrum(wave).abs().square()
            features = torch.log(self.filters @ power + self.floor)[:, None]
        frames = lengths // self.hop + 1
        return features * frame_mask(frames, features.shape[-1])[:, None, None], frames

    def _spectrum(self, wave: Tensor) -> Tensor:
        """Return the Fourier transform (B, window // 2 + 1, L) of every frame."""
        half = self.window_length // 2
        padded = functional.pad(wave, (half, self.window_length - half))
        return torch.stft(padded, self.window_length, self.hop, window=self.window, center=False, return_complex=True)


def mel_filters(bands: int, window: int, low: float, high: float) -> Tensor:
    """Return triangular filters (M, window // 2 + 1) whose centres are evenly spaced in mel between low and high.

    Raises:
        ValueError: a filter falls between two frequency bins; such a band would be constant.
    """
    with warnings.catch_warnings():
        # It only warns of empty filters; they are refused below.
        warnings.simplefilter("ignore", UserWarning)
        filters: Tensor = melscale_fbanks(window // 2 + 1, low, high, bands, SAMPLE_RATE).T.contiguous()
    empty = int((filters.sum(dim=1) == 0).sum())
    if empty:
        message = (
            f"bands={bands} is too many for window={window} between {low:g} and {high:g} Hz: {empty} of them "
            "hold no frequency bin. Take fewer bands or a longer window."
        )
        raise ValueError(message)
    return filters


def _check_sizes(bands: int, window: int, hop: int) -> None:
    for name, value, least in (("bands", bands, 1), ("window", window, 2), ("hop", hop, 1)):
        if value < least:
            raise ValueError(f"{name}={value} is too small. It must be {least} or more.")
    if hop > window:
        raise ValueError(f"hop={hop} is longer than window={window} and would skip samples. Take a shorter hop.")


def _check_range(low: float, high: float, floor: float) -> None:
    if not 0 <= low < high <= SAMPLE_RATE / 2:
        message = f"low={low:g} and high={high:g} must hold 0 <= low < high <= {SAMPLE_RATE // 2} Hz"
        raise ValueError(f"{message}, half the sampling rate. Choose two such frequencies.")
    if floor <= 0:
        raise ValueError(f"floor={floor:g} must be above 0, since silence has no logarithm. The default is 1e-6.")
