"""Training watched in a cell: what is said while nets train, and what stays."""

from types import SimpleNamespace

import pytest
from matplotlib.figure import Figure

from alexnet_lib.experiments import by_name
from alexnet_lib.figures.picture import Picture
from alexnet_lib.notebook import live, watch
from alexnet_lib.runs.run import Run

WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
EXPERIMENT = by_name("cifar-pooling")
ARMS = tuple(EXPERIMENT.arms("smoke"))
EPOCHS = EXPERIMENT.arms("smoke")[ARMS[0]].training.epochs


def plot(curves):
    reached = {arm: runs[0].epochs[-1]["epoch"] for arm, runs in curves.items()}
    return Picture(Figure(), f"reached {reached}")


def training(stop_at=None):
    """Stands for `run_experiment`: epochs one by one, nothing computed."""

    def run(experiment, scale, *, seeds, arms, options):
        assert not options.show
        for arm in arms:
            history = []
            for epoch in range(EPOCHS + 1):
                if (arm, epoch) == stop_at:
                    raise KeyboardInterrupt
                history.append({"epoch": epoch})
                options.on_epoch(Run(experiment, arm, seeds[0], scale), history)
            config = experiment.arms(scale)[arm]
            yield SimpleNamespace(arm=arm, config=config, epochs=history)

    return run


@pytest.fixture
def cell(monkeypatch):
    """Outputs of the cell, and every text that its widget has had."""
    outputs, texts = [], []
    clock = iter(range(1000))
    monkeypatch.setattr(live.time, "monotonic", lambda: next(clock))

    def display(content, **options):
        outputs.append(content)
        return SimpleNamespace(update=lambda new, raw: outputs.__setitem__(0, new))

    class Html(live.widgets.HTML):
        def __setattr__(self, name, value):
            if name == "value":
                texts.append(value)
            super().__setattr__(name, value)

    monkeypatch.setattr(live, "display", display)
    monkeypatch.setattr(live.widgets, "HTML", Html)
    return SimpleNamespace(outputs=outputs, texts=texts)


def test_net_and_epoch_are_said_from_the_first_epoch_on(cell, monkeypatch):
    monkeypatch.setattr(live, "run_experiment", training())
    watch(EXPERIMENT, "smoke", plot)
    told = [text.partition("</p>")[0] for text in cell.texts if "<p>" in text]
    first, second = ARMS
    assert told[0] == f"<p>net 1 of 2, {first}: epoch 1 of {EPOCHS} running"
    assert told[1] == f"<p>net 1 of 2, {first}: epoch 2 of {EPOCHS} running"
    assert told[EPOCHS + 1] == f"<p>net 2 of 2, {second}: epoch 1 of {EPOCHS} running"
    assert "<img" in cell.texts[-1]


def test_what_stays_is_the_picture_of_all_nets(cell, monkeypatch):
    monkeypatch.setattr(live, "run_experiment", training())
    curves = watch(EXPERIMENT, "smoke", plot)
    assert list(curves) == list(ARMS)
    live_output, picture = cell.outputs
    assert live_output == {"text/plain": ""}
    assert picture.alt == plot(curves).alt == f"reached {dict.fromkeys(ARMS, EPOCHS)}"


def test_while_it_goes_on_the_output_is_nothing_but_a_widget(cell, monkeypatch):
    seen = []

    def run(*_, **__):
        seen.append(dict(cell.outputs[0]))
        yield from ()

    monkeypatch.setattr(live, "run_experiment", run)
    watch(EXPERIMENT, "smoke", plot)
    assert [list(data) for data in seen] == [[WIDGET_VIEW]]


def test_an_interrupt_leaves_the_picture_of_what_was_reached(cell, monkeypatch):
    monkeypatch.setattr(live, "run_experiment", training(stop_at=(ARMS[0], 2)))
    with pytest.raises(KeyboardInterrupt):
        watch(EXPERIMENT, "smoke", plot)
    assert cell.outputs[-1].alt == f"reached {{'{ARMS[0]}': 1}}"


def test_ten_times_a_second_at_most(cell, monkeypatch):
    moments = iter(i / 100 for i in range(10_000))
    monkeypatch.setattr(live.time, "monotonic", lambda: next(moments))
    shown = live._Live(EXPERIMENT.arms("smoke"), ARMS, plot)
    for _ in range(100):
        shown.on_epoch(Run(EXPERIMENT, ARMS[0], 1, "smoke"), [{"epoch": 0}])
    drawn = [text for text in cell.texts if "<img" in text]
    elapsed = next(moments)
    assert 2 <= len(drawn) <= 10 * elapsed + 1
