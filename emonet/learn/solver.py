"""Fitting scikit-learn's linear machines: whether the solver converged is noted, and no warning escapes."""

from __future__ import annotations

import warnings
from typing import Any


def fitted(model: Any, values: Any, labels: Any) -> bool:
    """Fit a model on values (N, F) and labels (N,); return whether its solver converged."""
    from sklearn.exceptions import ConvergenceWarning

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        model.fit(values, labels)
    return not any(issubclass(warning.category, ConvergenceWarning) for warning in caught)
