"""Notebooks are tested alike, whatever the reader has set up."""

import os
import subprocess
import sys

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from alexnet_lib.settings import PROJECT

PROFILE = """
c = get_config()
c.InteractiveShell.ast_node_interactivity = "all"
c.InteractiveShellApp.exec_lines = ["print('hello')", "x = 'mine'"]
"""


WARNING = """import warnings
with warnings.catch_warnings(record=True) as seen:
    warnings.warn("w")
len(seen)"""


def cell(source, shown, count):
    output = new_output("execute_result", {"text/plain": shown}, execution_count=count)
    return new_code_cell(source, execution_count=count, outputs=[output])


@pytest.fixture
def notebook(tmp_path):
    """A notebook that is right, unless a reader's settings are at work."""
    cells = [
        cell("1\n2", "2", 1),
        cell("import matplotlib\nmatplotlib.rcParams['text.usetex']", "False", 2),
        cell(
            "'x' in globals() or __import__('os').environ['MPLBACKEND'][:6]",
            "'module'",
            3,
        ),
        cell(WARNING, "1", 4),
    ]
    path = tmp_path / "right.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    return path


@pytest.fixture
def own_settings(tmp_path, monkeypatch):
    """The home of a reader who has settings for everything."""
    home = tmp_path / "home"
    profile = home / ".ipython" / "profile_default"
    (profile / "startup").mkdir(parents=True)
    (profile / "ipython_config.py").write_text(PROFILE, encoding="utf-8")
    (profile / "startup" / "00.py").write_text("x = 'mine'\n", encoding="utf-8")
    rc, startup = home / "matplotlibrc", home / "startup.py"
    rc.write_text("text.usetex: True\n", encoding="utf-8")
    startup.write_text("x = 'mine'\n", encoding="utf-8")
    monkeypatch.setenv("IPYTHONDIR", str(profile.parent))
    monkeypatch.setenv("MATPLOTLIBRC", str(rc))
    monkeypatch.setenv("PYTHONSTARTUP", str(startup))
    monkeypatch.setenv("PYTHONWARNINGS", "error")
    monkeypatch.setenv("MPLBACKEND", "agg")


def nbval(notebook, *options):
    command = [sys.executable, "-m", "pytest", "-q", "--nbval", str(notebook)]
    command += ["-p", "no:cacheprovider", "-c", str(PROJECT / "pyproject.toml")]
    return subprocess.run(
        [*command, *options],
        cwd=PROJECT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_readers_own_settings_do_not_reach_the_tested_notebooks(
    notebook, own_settings
):
    without = nbval(notebook, "--nbval-current-env")
    assert "4 failed" in without.stdout, without.stdout
    with_ours = nbval(notebook, "-p", "conftest")
    assert with_ours.returncode == 0, with_ours.stdout
