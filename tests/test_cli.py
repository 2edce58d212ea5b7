"""The command as a shell meets it: exit statuses, one line for a fault, any words."""

import random
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.error import URLError

import pytest

from alexnet_lib import cli
from alexnet_lib.bench import loader, lrn, step, towers
from alexnet_lib.commands import check
from alexnet_lib.parallel import equality, process_group
from alexnet_lib.runs import run

ALEXNET = [sys.executable, "-m", "alexnet_lib"]


def status_of(words):
    """The exit status of a command, with argparse's own exits."""
    try:
        return cli.main(words)
    except SystemExit as error:
        return error.code


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["run", "figure7"], "no experiment 'figure7'; known: figure1"),
        (["run", "figure1", "--scale", "smoke", "--arm", "x"], "has no arm x"),
        (["figure", "1", "--scale", "smoke"], "no runs for Figure 1"),
        (
            ["train", "--data", "mnist", "--device", "cpu"],
            "no data set is called 'mnist'",
        ),
        (["figure", "9"], "Figure 9 is not reproduced yet"),
        (["report", "--section", "9"], "no section '9' in the ledger; there are: ab"),
        (["data", "prepare", "mnist"], "no data set is called 'mnist'"),
    ],
)
def test_what_is_not_there_is_one_line_and_status_1(words, message, capsys):
    assert status_of(words) == 1
    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "required: COMMAND"),
        (["run"], "required: experiment"),
        (["run", "figure1", "--seeds", "-3"], "-3 is not a number from 1"),
        (["run", "figure1", "--seeds", "0"], "0 is not a number from 1"),
        (["run", "figure1", "--seed", "-3"], "-3 is not a number from 0"),
        (["run", "figure1", "--seed", "9" * 20], "is not a number from 0"),
        (["run", "figure1", "--seeds", "two"], "invalid whole number value: 'two'"),
        (["run", "figure1", "--seeds", "2", "--seed", "1"], "not allowed with"),
        (["run", "figure1", "--publ"], "unrecognized arguments: --publ"),
        (["data", "prepare", "imagenette", "--workers", "-3"], "-3 is not a number"),
        (["data", "prepare", "imagenette", "--images", "-5"], "-5 is not a number"),
        (["data", "prepare", "imagenette", "--images", "5"], "--images is for --plan"),
        (
            ["data", "prepare", "imagenette", "--plan", "--workers", "2"],
            "--workers is not for --plan",
        ),
        (["data", "prepare", "cifar10", "--plan"], "--plan is for photographs"),
        (["data", "prepare", "cifar10", "--workers", "2"], "--workers is for photogr"),
        (["check", "--device", "cpu"], "--device is for --towers"),
        (["figure", "1", "--published", "--scale", "smoke"], "not allowed with"),
        (["bench", "sleep"], "invalid choice: 'sleep'"),
        (["report", "a\nb"], "unrecognized arguments: a b"),
        (["report", "--html", "x", "--section", "4"], "--section is not for --html"),
    ],
)
def test_a_word_that_would_be_ignored_or_mistaken_is_one_line_and_status_2(
    words, message, capsys
):
    assert status_of(words) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.count("\n") == 1
    assert not captured.out


@pytest.mark.parametrize(
    "words", [["run", "figure1"], ["reproduce"], ["bench", "lrn"], ["data", "ls"]]
)
def test_what_one_process_does_is_refused_in_several(words, monkeypatch, capsys):
    """Under torchrun each would do the same work, on the same files."""
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert cli.main(words) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("alexnet: only `alexnet train` takes several")
    assert captured.err.count("\n") == 1
    assert not captured.out


def test_an_unknown_scale_in_the_environment_is_refused(monkeypatch, capsys):
    monkeypatch.setenv("ALEXNET_SCALE", "huge")
    assert cli.main(["report"]) == 1
    assert "unknown scale 'huge'" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("raised", "status", "line"),
    [
        (KeyboardInterrupt(), 130, "stopped; the same command goes on from"),
        (MemoryError(), 1, "alexnet: not enough memory"),
        (PermissionError(13, "Permission denied", "/a"), 1, "alexnet: /a: Permission"),
        (FileNotFoundError("no file of ours"), 1, "alexnet: no file of ours"),
        (RuntimeError("enforce fail\nframe #0: c10"), 1, "alexnet: enforce fail\n"),
        (RuntimeError(), 1, "alexnet: RuntimeError"),
    ],
)
def test_whatever_ends_a_command_is_one_line(monkeypatch, capsys, raised, status, line):
    def failing(_):
        raise raised

    monkeypatch.setattr(check, "run", failing)
    assert cli.main(["check"]) == status
    err = capsys.readouterr().err.removeprefix("\n")
    assert err.startswith(line)
    assert err.count("\n") == 1


SCALE = {"--scale": ["smoke", "laptop", "paper"]}
NUMBERS = ["1", "2", "5"]
NAMES = ["cifar10", "imagenette", "imagenet", "synthetic", "imagenette128", "mnist"]
GRAMMAR = {
    ("check",): ([], {"--towers": [], "--device": ["cpu", "cuda"]}),
    ("data", "ls"): ([], {}),
    ("data", "prepare"): (
        [NAMES],
        {"--from": [".", "x"], "--workers": NUMBERS, "--plan": [], "--images": NUMBERS},
    ),
    ("run",): (
        [["figure1", "first-711-updates", "figure7"]],
        SCALE
        | {"--seeds": NUMBERS, "--seed": NUMBERS, "--arm": ["2012-relu"]}
        | {"--publish": []},
    ),
    ("train",): (
        [],
        SCALE
        | {"--experiment": ["figure1"], "--arm": ["2012-relu"], "--config": ["."]}
        | {"--data": NAMES, "--network": ["paper", "caffe"], "--pattern": ["half"]}
        | {"--epochs": NUMBERS, "--learning-rate": [".01"], "--drop": NUMBERS}
        | {
            "--save-every": NUMBERS,
            "--towers": NUMBERS,
            "--save": ["x.pt"],
            "--plan": [],
            "--device": ["cpu"],
        },
    ),
    ("reproduce",): ([], SCALE),
    ("report",): (
        [],
        SCALE | {"--json": [], "--section": ["4", "7.9"], "--html": ["x.html", "."]},
    ),
    ("figure",): ([["1", "2"]], SCALE | {"--published": []}),
    ("bench",): ([["step", "lrn", "loader", "towers"]], {"--json": []}),
}
STRANGE = [
    "-1",
    "-3",
    "0",
    "99999999999999999999",
    "1e3",
    "nan",
    "inf",
    "٣",
    "--",
    "-",
    "=",
    "*",
    "~",
    "/",
    "ü",
    "%s",
    "{}",
    "--help",
    "--seeds=",
    "--seed=-0",
    "--scale=huge",
    "--no-such",
    "../..",
    "CPU",
]
STRANGE += ["", " ", "a\nb", "\0", "\udce9", "a" * 5000]


def drawn_words(draw):
    """Words of the grammar; in every second case one of them is a strange one."""
    words, (positions, options) = draw.choice(list(GRAMMAR.items()))
    words = [*words, *(draw.choice(values) for values in positions)]
    for option in draw.sample(list(options), draw.randint(0, min(3, len(options)))):
        words += [option, *(options[option] and [draw.choice(options[option])])]
    if draw.random() < 0.5:
        place = draw.randint(1, len(words))
        words[place : place + draw.randint(0, 1)] = [draw.choice(STRANGE)]
    return words


@pytest.fixture
def light_work(monkeypatch, tmp_path, record, own_results):
    """All that takes long is left out, and nothing is fetched; words are still read."""

    def unreachable(*_):
        raise URLError("no network")

    def no_group(*_):
        raise RuntimeError("no processes in this test")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("torchvision.datasets.utils.download_url", unreachable)
    monkeypatch.setattr(run, "run_experiment", lambda *_, **__: [record])
    monkeypatch.setattr(equality, "report", lambda _: (["equal"], True))
    monkeypatch.setattr(process_group, "connect", no_group)
    for bench in (loader, lrn, step, towers):
        monkeypatch.setattr(bench, "measure", lambda: {"ratio": 1.0})


@pytest.mark.parametrize("seed", range(8))
def test_any_words_end_with_a_status_and_at_most_one_line(light_work, capsys, seed):
    draw = random.Random(seed)
    seen = set()
    for _ in range(60):
        words = drawn_words(draw)
        status = status_of(words)
        err = capsys.readouterr().err
        assert status in (0, 1, 2, 3), words
        if status in (1, 2):
            assert re.fullmatch(r"alexnet[^\n]*: [^\n]+\n", err), (words, err)
        seen.add(status)
    assert seen >= {0, 1, 2}


def test_help_report_and_figure_need_no_torch(tmp_path):
    script = (
        "import sys\n"
        "class Blocked:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name.partition('.')[0] in ('torch', 'torchvision'):\n"
        "            raise ImportError(f'{name} is not wanted here')\n"
        "sys.meta_path.insert(0, Blocked())\n"
        "from alexnet_lib.cli import main\n"
        "assert main(['report']) == 0\n"
        "assert main(['report', '--json']) == 0\n"
        "assert main(['figure', '1', '--published']) == 0\n"
        "main(['--help'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "usage: alexnet" in done.stdout


@pytest.mark.parametrize("words", [["report"], ["report", "--json"], ["run", "--help"]])
def test_a_reader_who_has_enough_is_no_fault(words):
    with running(*words, stdout=subprocess.PIPE) as command:
        command.stdout.close()
        assert command.stderr.read() == ""
        assert command.wait() == 0


def running(*words, stdout=subprocess.DEVNULL):
    return subprocess.Popen(
        [*ALEXNET, *words], stdout=stdout, stderr=subprocess.PIPE, text=True
    )


def test_an_output_that_cannot_be_written_is_one_line():
    if not Path("/dev/full").exists():
        pytest.skip("wants /dev/full, a disk without room")
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(
            [*ALEXNET, "report"], stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith(b"alexnet: No space left on device; free some")
    assert done.stderr.count(b"\n") == 1


def test_a_terminal_without_a_paragraph_sign_shows_the_report(monkeypatch):
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    done = subprocess.run([*ALEXNET, "report"], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert rb"\xa73.1, Fig. 1" in done.stdout


@pytest.mark.skipif(sys.platform == "win32", reason="sends SIGINT to a process")
def test_ctrl_c_in_the_midst_of_training_leaves_one_line():
    with running("run", "figure1", "--scale", "smoke") as command:
        seen = ""
        while "batch/s" not in seen:
            character = command.stderr.read(1)
            assert character, f"ended before it trained: {seen}"
            seen += character
        command.send_signal(signal.SIGINT)
        err = command.stderr.read()
    assert command.returncode == 130
    last = err.rstrip("\n").rpartition("\n")[2]
    assert last == "stopped; the same command goes on from the last checkpoint"
    assert "Traceback" not in err


def test_a_notebook_starts_without_torchvision():
    """Its import takes as long as PyTorch's, and only data read anew needs it."""
    code = "import sys, alexnet_lib.notebook; print('torchvision' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout == "False\n"
