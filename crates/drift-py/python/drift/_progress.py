"""A bar on a terminal and in a notebook."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any


def _short(rate: float) -> str:
    for factor, letter in ((1e6, "M"), (1e3, "k")):
        if rate >= factor:
            return f"{rate / factor:.3g} {letter}"
    return f"{rate:.3g} "


def _clock(seconds: float) -> str:
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    shell = shell and shell.get_ipython()
    return shell is not None and type(shell).__name__ == "ZMQInteractiveShell"


class Bar:
    """Shows how far a run is, at most ten times a second."""

    def __init__(self, total: int, unit: str) -> None:
        self.total, self.unit = total, unit
        self.start: tuple[float, int] | None = None
        self.drawn = 0.0
        self.display: Any = None
        self.notebook = _in_notebook()
        self.terminal = not self.notebook and sys.stderr.isatty()

    def show(self, done: int, message: str = "") -> None:
        now = time.monotonic()
        if self.start is None:
            self.start = (now, done)
        if now - self.drawn < 0.1:
            return
        self.drawn = now
        since, first = self.start
        rate = (done - first) / (now - since) if now > since else 0.0
        rest = f", {_clock((self.total - done) / rate)} left" if rate > 0 else ""
        text = f"{self.unit} {done:,} of {self.total:,}, {_short(rate)}/s{rest}{message}"
        if self.terminal:
            filled = 32 * done // max(self.total, 1)
            sys.stderr.write(f"\r{'█' * filled}{'░' * (32 - filled)} {text}\x1b[K")
            sys.stderr.flush()
        elif self.notebook:
            self._draw(done, text)

    def _draw(self, done: int, text: str) -> None:
        from IPython.display import HTML, display

        bar = HTML(f'<progress value="{done}" max="{self.total}"></progress> {text}')
        if self.display is None:
            self.display = display(bar, display_id=True)
        else:
            self.display.update(bar)

    def close(self, message: str) -> None:
        if self.terminal:
            sys.stderr.write(f"\r{message}\x1b[K\n")
            sys.stderr.flush()
        elif self.notebook and self.display is not None:
            from IPython.display import HTML

            self.display.update(HTML(message))


def watched(total: int, unit: str, progress: bool, work: Callable[[Any], Any]) -> Any:
    """`work` with a function that shows progress, or with None."""
    if not progress:
        return work(None)
    bar = Bar(total, unit)

    def show(done: int, number: float) -> None:
        # Beside the steps of a run stands its loss, beside the runs of a sweep how many there are.
        if unit == "run":
            bar.total = int(number)
            bar.show(done)
        else:
            bar.show(done, f", loss {number:.3g}" if number == number else "")

    try:
        result = work(show)
    except BaseException as error:
        bar.close(f"{type(error).__name__}: what was computed is kept")
        raise
    bar.close(result[0] if isinstance(result[0], str) else f"{result[0]} of {result[1]} runs")
    return result
