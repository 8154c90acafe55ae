"""What the classes of the extension module share: their fields as text, dictionary and xarray, and
the way from pynapple's objects to arrays."""

from __future__ import annotations

from typing import Any

import numpy as np


def plain(value: Any) -> Any:
    """NumPy's numbers and arrays as JSON can have them."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"a setting is {value!r}, expected a number, text, a list or a dictionary")


def to_dict(record: Any) -> dict[str, Any]:
    """All fields by name; records within become dictionaries."""

    def given(value: Any) -> Any:
        if hasattr(value, "_axes"):
            return to_dict(value)
        if isinstance(value, list):
            return [given(one) for one in value]
        return value

    return {name: given(getattr(record, name)) for name, _ in record._axes}


def represent(record: Any) -> str:
    """One line: numbers as they are, arrays by their shape."""

    def short(value: Any) -> str:
        if isinstance(value, np.ndarray):
            return f"<{'×'.join(map(str, value.shape))} {value.dtype}>"
        if isinstance(value, float):
            return f"{value:.6g}"
        if isinstance(value, list):
            return f"<{len(value)} items>"
        if hasattr(value, "_axes"):
            return f"<{type(value).__name__}>"
        return repr(value)

    fields = (f"{name}={short(getattr(record, name))}" for name, _ in record._axes)
    return f"{type(record).__name__}({', '.join(fields)})"


def to_xarray(record: Any) -> Any:
    """Arrays with their axes and plain numbers as a dataset; records within by prefix."""
    try:
        import xarray
    except ImportError as error:
        raise ImportError("to_xarray needs xarray: pip install xarray") from error
    variables: dict[str, Any] = {}
    attributes: dict[str, Any] = {}

    def collect(one: Any, prefix: str) -> None:
        for name, axes in one._axes:
            value = getattr(one, name)
            if isinstance(value, np.ndarray):
                variables[prefix + name] = (tuple(prefix + axis for axis in axes), value)
            elif hasattr(value, "_axes"):
                collect(value, f"{prefix}{name}_")
            elif isinstance(value, (bool, int, float)):
                variables[prefix + name] = ((), value)
            elif isinstance(value, str):
                attributes[prefix + name] = value

    collect(record, "")
    return xarray.Dataset(variables, attrs=attributes)


def counts(group: Any, like: Any) -> np.ndarray:
    """Spikes of a pynapple TsGroup counted at the times of another object.

    Parameters
    ----------
    group : TsGroup
    like : Tsd or array (samples)
        Its times. A spike belongs to the last time not after it, for as long as samples usually
        last: in a gap it belongs to none.

    Returns
    -------
    array (samples, units)
        In Fortran order, which the metrics read without a copy.
    """
    if like is None:
        raise ValueError("spike times need the times at which to count them: give a Tsd")
    if hasattr(like, "t"):
        times = np.asarray(like.t, dtype=float)
    elif hasattr(like, "index"):
        times = np.asarray(like.index, dtype=float)
    else:
        raise ValueError(
            "activity is a TsGroup, so the position must be a Tsd: an array has no times at which to"
            " count spikes"
        )
    if len(times) < 2 or not (np.diff(times) > 0).all():
        raise ValueError("the times of the position must increase, and be two or more")
    interval = np.median(np.diff(times))
    counted = np.zeros((len(times), len(group)), order="F")
    for column, unit in enumerate(group.keys()):
        spikes = np.asarray(group[unit].t, dtype=float)
        sample = np.searchsorted(times, spikes, side="right") - 1
        inside = (sample >= 0) & (spikes < times[sample] + 1.5 * interval)
        counted[:, column] = np.bincount(sample[inside], minlength=len(times))
    return counted
