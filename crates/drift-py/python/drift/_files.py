"""Directories that go with the object that they belong to."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref


class Directory:
    """A directory of the caller's, or a temporary one that is removed with this object."""

    def __init__(self, given: str | os.PathLike[str] | None) -> None:
        if given is not None:
            self.name = os.fspath(given)
            return
        self.name = tempfile.mkdtemp(prefix="drift-")
        weakref.finalize(self, shutil.rmtree, self.name, ignore_errors=True)
