"""Figure 1 is of what the runs' configs say, and needs no torch."""

import dataclasses
import subprocess
import sys

from alexnet_lib.figures import figure1
from alexnet_lib.runs import records


def test_figure_1_is_drawn_without_torch_whose_import_takes_seconds():
    code = (
        "import sys\n"
        "from alexnet_lib.figures import figure1\n"
        "from alexnet_lib.runs import records\n"
        "figure1.race(records.published('figure1')).png()\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_panels_and_lines_follow_the_configs_not_the_names_of_arms():
    runs = records.published("figure1")
    renamed = {f"arm {i}": all_ for i, all_ in enumerate(runs.values())}
    assert figure1.race(renamed).png() == figure1.race(runs).png()
    (run, *_) = runs["2012-relu"]
    data = dataclasses.replace(run.config.data, pixels="unit")
    moved = dataclasses.replace(run, config=dataclasses.replace(run.config, data=data))
    (ax,) = figure1.race({"2012-relu": [moved]}).figure.axes
    assert ax.get_title() == figure1.REGIMES["unit"]
