"""Execute notebooks as the tests do and store what comes out, nothing else.

    python tests/refresh.py notebooks/02_relu_vs_tanh.ipynb ...

Without arguments: all of them. Times, widget state and versions are left out, so
that a second refresh changes no byte.
"""

import os
import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from conftest import notebook_environment  # noqa: E402

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"


def refresh(path: Path) -> None:
    """Execute the notebook at `path` and write it back clean."""
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory() as scratch:
        os.environ.update(notebook_environment(scratch))
        NotebookClient(
            notebook,
            timeout=600,
            kernel_name="python3",
            record_timing=False,
            coalesce_streams=True,
            resources={"metadata": {"path": str(path.parent)}},
        ).execute()
    notebook.metadata = {
        "kernelspec": {
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "name": "python3",
        },
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        if cell.cell_type == "code":
            for output in cell.outputs:
                output.get("data", {}).pop(WIDGET_VIEW, None)
            # What was a widget alone, or took itself back, is nothing to store.
            cell.outputs = [
                o for o in cell.outputs if any(o.get("data", {"": o}).values())
            ]
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted((ROOT / "notebooks").rglob("*.ipynb")):
        print(name)
        refresh(Path(name).resolve())
