"""Put the published runs into a built package, where an installed copy finds them."""

import shutil
from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py


class WithResults(build_py):
    """Builds `alexnet_lib`, and within it `results`."""

    def run(self) -> None:
        """Copy the modules, then `results/`; an editable one finds the checkout's."""
        super().run()
        if not self.editable_mode:
            packed = Path(self.build_lib, "alexnet_lib", "results")
            shutil.copytree("results", packed, dirs_exist_ok=True)


setup(cmdclass={"build_py": WithResults})
