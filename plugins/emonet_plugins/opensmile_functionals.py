"""openSMILE's functionals: one vector of acoustic statistics a clip."""

from __future__ import annotations

import numpy as np
import opensmile
from numpy.typing import NDArray

from emonet.audio.decode import rounded
from emonet.model.contracts import SAMPLE_RATE

SHORTEST = 960
"""Samples (60 ms) of the longest analysis window, that of the pitch: openSMILE gives NaN for anything shorter."""


class FunctionalsExtractor:
    """Computes one of openSMILE's standard sets of functionals.

    Args:
        feature_set: name of a set in ``opensmile.FeatureSet``.
    """

    def __init__(self, feature_set: str) -> None:
        self._smile = opensmile.Smile(
            feature_set=opensmile.FeatureSet[feature_set],
            feature_level=opensmile.FeatureLevel.Functionals,
        )
        self.names: tuple[str, ...] = tuple(self._smile.feature_names)
        self.dim: int = len(self.names)

    def extract(self, wave: NDArray[np.float32]) -> NDArray[np.float32]:
        """Turn a wave (T,) in [-1, 1] at 16 kHz into a vector (dim,); several threads may call at once.

        Samples are rounded to 16 bits first, to the nearest, where openSMILE itself would cut them off. A wave shorter
        than 60 ms is followed by silence up to that length. A feature that openSMILE cannot
        compute is 0, its value for silence; it happens to linear prediction over an almost silent clip.
        """
        padded = np.pad(wave, (0, max(0, SHORTEST - len(wave))))
        # openSMILE works in 16 bits: it cuts what is finer, towards 0, and full scale itself would wrap round to -1.0.
        signal = rounded(padded)
        # Every call sets up an openSMILE of its own, so that calls share nothing.
        values = np.asarray(self._smile(signal, SAMPLE_RATE), dtype=np.float32).reshape(self.dim)
        return np.where(np.isfinite(values), values, np.float32(0))
