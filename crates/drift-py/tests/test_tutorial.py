"""The tutorial notebook runs."""

import shutil
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")
pytest.importorskip("matplotlib")

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"
SCRIPT = Path(__file__).resolve().parents[3] / "docs" / "python" / "example_mouse.py"


def test_the_notebook_runs_to_its_end(tmp_path):
    if not SCRIPT.exists():
        pytest.skip("docs/python/example_mouse.py is not beside the package")
    shutil.copy(SCRIPT, tmp_path)
    notebook = nbformat.read(EXAMPLES / "tutorial.ipynb", as_version=4)
    resources = {"metadata": {"path": str(tmp_path)}}
    nbclient.NotebookClient(notebook, timeout=300, resources=resources).execute()
    images = [
        output
        for cell in notebook.cells
        for output in cell.get("outputs", [])
        if "image/png" in output.get("data", {})
    ]
    assert len(images) >= 5
