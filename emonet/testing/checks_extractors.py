"""What an extractor promises: one finite float32 vector a clip, the same from every thread."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from emonet.plugin.component import traits_of
from emonet.testing.signals import clips, noise, tone
from emonet.testing.subjects import Candidate, broken


def check_dim_and_names_agree(candidate: Candidate) -> None:
    """Each of the ``dim`` features has a name of its own."""
    extractor = candidate.build()
    if extractor.dim < 1 or len(set(extractor.names)) != extractor.dim or len(extractor.names) != extractor.dim:
        seen = f"dim is {extractor.dim}, the names are {len(extractor.names)}, {len(set(extractor.names))} different"
        raise broken(candidate, seen, promised="a name for each feature", cause="a dim that is written by hand")


def check_vectors_have_dim_values(candidate: Candidate) -> None:
    """A clip of any length becomes a vector (D,) of float32."""
    extractor = candidate.build()
    for name, wave in clips().items():
        vector = extractor.extract(wave)
        if vector.shape != (extractor.dim,) or str(vector.dtype) != "float32":
            seen = f"{name} becomes {vector.shape} {vector.dtype}"
            promised = f"({extractor.dim},) float32"
            raise broken(candidate, seen, promised=promised, cause="a batch axis or a table's float64 left in place")


def check_values_are_finite(candidate: Candidate) -> None:
    """No clip gives a NaN or an infinity: not silence, not noise, not 0.05 s."""
    import numpy as np

    extractor = candidate.build()
    for name, wave in clips().items():
        vector = extractor.extract(wave)
        if not np.isfinite(vector).all():
            seen = f"{name} gives {int((~np.isfinite(vector)).sum())} values that are not finite"
            raise broken(candidate, seen, promised="finite values", cause="a logarithm of zero or a mean of no frames")


def check_a_clip_gives_the_same_vector_again(candidate: Candidate) -> None:
    """Extraction has no memory and no chance in it."""
    import numpy as np

    extractor = candidate.build()
    # Another clip comes in between, so that a buffer kept from the last call is seen.
    first, _, again = (extractor.extract(wave) for wave in (tone(), noise(), tone()))
    if not np.array_equal(first, again, equal_nan=True):
        seen = f"the same tone gives other values a second time, by up to {np.nanmax(np.abs(first - again)):.3g}"
        raise broken(candidate, seen, promised="equal vectors", cause="a state kept between calls, or random dither")


def check_threads_give_the_same_vectors(candidate: Candidate) -> None:
    """Several threads may share one extractor."""
    import numpy as np

    extractor = candidate.build()
    # Different clips: with equal ones a shared buffer would give the right answer by chance.
    waves = [tone(pitch=120.0 + 40 * i) for i in range(6)]
    alone = [extractor.extract(wave) for wave in waves]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(extractor.extract, waves))
    if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(alone, together, strict=True)):
        seen = "four threads get other vectors than one"
        raise broken(candidate, seen, promised="thread-safe extraction", cause="a buffer that the calls share")


def check_the_declared_kind_is_a_vector(candidate: Candidate) -> None:
    """The factory declares that it yields vectors, since plans are made without building anything."""
    declared = traits_of(candidate.factory).yields
    if declared != "vector":
        promised = "@emonet.component(yields='vector') on the factory"
        raise broken(candidate, f"the factory declares {declared!r}", promised=promised, cause="no decorator")
