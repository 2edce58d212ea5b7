"""pyproject.toml is the one source of dependencies; conda's file says the same."""

import tomllib

import yaml
from packaging.requirements import Requirement

from alexnet_lib.settings import PROJECT

PYPROJECT = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))[
    "project"
]
CONDA = yaml.safe_load((PROJECT / "environment.yml").read_text(encoding="utf-8"))


def test_environment_yml_lists_what_pyproject_does():
    pip = next(d["pip"] for d in CONDA["dependencies"] if isinstance(d, dict))
    assert pip[-1] == "-e ."
    listed = {(r.name, r.specifier) for r in map(Requirement, pip[:-1])}
    wanted = {
        (r.name, r.specifier) for r in map(Requirement, PYPROJECT["dependencies"])
    }
    assert listed == wanted


def test_environment_yml_has_the_same_python():
    assert f"python{PYPROJECT['requires-python']}" in CONDA["dependencies"]
