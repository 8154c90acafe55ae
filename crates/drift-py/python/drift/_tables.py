"""CSV tables as pandas or NumPy has them."""

from __future__ import annotations

import csv
import os
from typing import Any

import numpy as np


def frame(columns: dict[str, np.ndarray]) -> Any:
    """Columns as a DataFrame where pandas is, else as they are."""
    try:
        import pandas
    except ImportError:
        return columns
    return pandas.DataFrame(columns)


def read_csv(path: str | os.PathLike[str]) -> Any:
    """A table as a DataFrame where pandas is, else as a dictionary of arrays: numbers where all
    values of a column are, with NaN for the empty ones, text otherwise."""
    try:
        import pandas

        return pandas.read_csv(path)
    except ImportError:
        pass
    with open(path, newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    table: dict[str, np.ndarray] = {}
    for name in rows[0] if rows else []:
        values = [row[name] for row in rows]
        try:
            table[name] = np.array([float(value) if value else np.nan for value in values])
        except ValueError:
            table[name] = np.array(values)
    return table
