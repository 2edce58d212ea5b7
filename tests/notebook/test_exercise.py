"""Every check of every notebook, on solutions and on a beginner's first mistakes.

One line is printed whatever an attempt does, and it names the mistake.
"""

import importlib

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.utils.data import Subset

from alexnet_lib.notebook.exercise import exercise
from tests.notebook.cells import NOTEBOOKS, SOLUTIONS, exercise_cells

STUBS = [cell for path in NOTEBOOKS for cell in exercise_cells(path)]
SOLVED = [cell for path in SOLUTIONS for cell in exercise_cells(path)]


def said(check, attempt, capsys):
    """The one line that the check prints."""
    capsys.readouterr()
    check(attempt)
    out, err = capsys.readouterr()
    assert not err
    assert out.count("\n") == 1
    assert "Traceback" not in out
    return out


def tensors_of(value):
    parts = value if isinstance(value, tuple | list) else (value,)
    return [part for part in parts if isinstance(part, Tensor)]


def changed(value, change):
    """The answer with `change` applied to each tensor in it."""
    if isinstance(value, tuple):
        return tuple(changed(v, change) for v in value)
    return change(value) if isinstance(value, Tensor) else value


def after(solution, change):
    """An attempt that answers as the solution does, changed."""
    return lambda *arguments: change(solution(*arguments))


class Kept:
    """A solution that remembers its first answer."""

    def __init__(self, solution):
        self.solution = solution

    def __call__(self, *arguments):
        answer = self.solution(*arguments)
        self.__dict__.setdefault("answer", answer)
        return answer


@pytest.fixture(scope="module", params=SOLVED, ids=str)
def solved(request):
    """Check, solution and the solution's first answer."""
    check, solution = request.param.run()
    kept = Kept(solution)
    check(kept)
    return check, solution, kept.answer


@pytest.mark.parametrize("cell", SOLVED, ids=str)
def test_a_solution_runs_alone_and_is_right(cell, capsys):
    cell.run()
    assert capsys.readouterr().out.splitlines()[0].endswith(": right")


@pytest.mark.parametrize("cell", STUBS, ids=str)
def test_an_exercise_runs_alone(cell, capsys):
    cell.run()
    (line,) = capsys.readouterr().out.splitlines()
    asked = "not yet. " if cell.module == "bug" else "not attempted yet"
    assert asked in line


def test_every_check_has_its_exercise_and_its_solution():
    for cells in (STUBS, SOLVED):
        named = {(c.notebook.stem[3:], c.module + "s", c.name) for c in cells}
        there = set()
        for folder in {notebook.stem[3:] for notebook in NOTEBOOKS}:
            for kind in ("checks", "bugs"):
                name = f"alexnet_lib.notebook.{folder}.{kind}"
                module = importlib.import_module(name)
                own = vars(module).items()
                there |= {
                    (folder, kind, key)
                    for key, value in own
                    if hasattr(value, "__wrapped__") and value.__module__ == name
                }
        assert {(folder, kind, name) for folder, kind, name in named} == there


def divided(*_):
    return 1 / 0


NO_ANSWERS = [
    (lambda *_: "tensor", "the text 'tensor'"),
    (lambda *_: len, "a builtin_function_or_method"),
    (lambda *_: {1.5}, "a set"),
    (lambda *_: torch.nn.ReLU(), "a ReLU"),
    (lambda *_: True, "True"),
    (lambda *_: slice(3), "a slice"),
]


def test_what_is_no_answer_at_all_is_named(solved, capsys):
    check, _, answer = solved
    for attempt, came in NO_ANSWERS:
        line = said(check, attempt, capsys)
        if isinstance(answer, tuple):
            assert f"not yet. One value came, {came}. Wanted: 2 values" in line
        else:
            assert f"not yet. {came[0].upper()}{came[1:]} came. Wanted: a" in line


def test_a_missing_return_is_named(solved, capsys):
    check, _, _ = solved
    line = said(check, lambda *_: None, capsys)
    assert line.endswith("is a `return` missing?\n")


def test_an_exception_is_the_attempts(solved, capsys):
    check, _, _ = solved
    number = divided.__code__.co_firstlineno + 1
    told = f"raises ZeroDivisionError in line {number}, `return 1 / 0`: division"
    assert told in said(check, divided, capsys)
    line = said(check, lambda a, b, c, d, e, f, g: a, capsys)
    assert "It raises TypeError: " in line
    assert "missing" in line


def mistakes_in_pairs(pair):
    yield lambda p: p[0], "One value came, ", "Wanted: 2 values"
    yield lambda p: (*p, p[0]), "3 values came.", "Wanted: 2 values"
    if not isinstance(pair[0], Subset):
        yield lambda p: (p[0], None), "The second value: None came.", "Wanted: a"


def mistakes_in_tensors(answer):
    (first, *_) = tensors_of(answer)

    def each(change):
        return lambda answer: changed(answer, change)

    ending = str(list(first.shape))[1:-1]
    if first.ndim:
        yield each(Tensor.tolist), "list came.", "Wanted: a tensor of shape ("
        yield each(torch.sum), "of shape () and type", "Wanted: a tensor of shape ("
    one_more = ", ".join(["1", *([ending] if ending else [])])
    yield each(lambda t: t[None]), f"of shape ({one_more}", "Wanted: a tensor"
    if first.is_floating_point():
        yield each(Tensor.long), "of int64 came.", "Wanted: one of floating point"
        yield each(lambda t: t * torch.nan), "values are NaN or infinite", ""
        yield each(lambda t: t + 1j), "and type complex", "Wanted: a tensor"


def mistakes_in(answer):
    """Changes of a right answer with the words that name them."""
    if isinstance(answer, tuple):
        yield from mistakes_in_pairs(answer)
    if tensors_of(answer):
        yield from mistakes_in_tensors(answer)
    if isinstance(answer, list | range):
        yield lambda a: a[0], "The number ", "Wanted: a list, each item a whole number"
        yield lambda a: [[n] for n in a], "A list came.", "Wanted: a whole number"
        yield lambda a: [n + 0.5 for n in a], ".5 came.", "Wanted: a whole number"
    if isinstance(answer, int | float):
        yield lambda a: [a, a], "A list came.", "Wanted: a"
        yield lambda a: float("nan"), "nan came.", "number"
        yield lambda a: torch.ones(2, 3), "A tensor of shape (2, 3)", "number"


def test_what_came_and_what_is_wanted_is_said(solved, capsys):
    check, solution, answer = solved
    for change, came, wanted in mistakes_in(answer):
        line = said(check, after(solution, change), capsys)
        assert "not yet. " in line
        assert came in line
        assert wanted in line


def same_in_other_types(answer):
    """Changes of a right answer that leave its meaning what it was."""
    if tensors_of(answer):
        for change in (
            lambda t: t.numpy(),
            lambda t: t.float() if t.is_floating_point() else t,
            lambda t: t.double() if t.is_floating_point() else t,
        ):
            yield lambda a, change=change: changed(a, change)
    if isinstance(answer, int | float):
        yield from (float, np.float64, np.array, torch.tensor, lambda n: np.array([n]))
    listed = isinstance(answer, list | range | tuple)
    if listed and all(isinstance(n, int | float) for n in answer):
        yield from (np.array, torch.tensor, iter, list, tuple)
        yield lambda a: [float(n) for n in a]


def test_an_answer_in_other_types_is_taken(solved, capsys):
    check, solution, answer = solved
    if check.__name__ in ("loss_from_logits", "half_precision"):
        return  # where the type is the exercise, see below
    for change in same_in_other_types(answer):
        attempt = after(solution, lambda a, c=change: a if a is None else c(a))
        assert said(check, attempt, capsys).endswith(": right\n")


def test_a_loss_without_a_gradient_is_named(capsys):
    (cell,) = (c for c in SOLVED if c.name == "loss_from_logits")
    check, solution = cell.run()
    for change in (Tensor.item, Tensor.detach, lambda t: t.detach().numpy()):
        assert "has no gradient" in said(check, after(solution, change), capsys)


def test_an_attempt_may_change_what_it_is_given(solved, capsys):
    check, solution, _ = solved
    if check.__name__ == "loss_from_logits":
        return  # autograd itself forbids it

    def changing(*arguments):
        answer = changed(solution(*arguments), Tensor.clone)
        with torch.no_grad():
            for tensor in tensors_of(arguments):
                tensor.zero_()
        return answer

    assert said(check, changing, capsys).endswith(": right\n")


def test_an_answer_handed_over_instead_of_the_function_is_said(solved, capsys):
    check, _, answer = solved
    assert "Hand over the function itself" in said(check, answer, capsys)


@exercise
def doubled(attempt):
    """`attempt(x)`: twice x."""
    assert attempt(2, wanted=4) == 4


def helper(x):
    return x["two"]


def test_an_exception_is_told_with_the_attempts_own_line(capsys):
    line = said(doubled, helper, capsys)
    number = helper.__code__.co_firstlineno + 1
    expected = f'raises TypeError in line {number}, `return x["two"]`: '
    assert expected in line
    line = said(doubled, lambda x: helper(x), capsys)
    assert expected in line


def test_an_exception_deep_in_torch_is_told_with_the_attempts_line(capsys):
    def attempt(x):
        return torch.nn.functional.conv2d(torch.ones(x), torch.ones(x))

    line = said(doubled, attempt, capsys)
    assert "`return torch.nn.functional.conv2d(torch.ones(x), torch.ones(x))`" in line


def test_not_implemented_by_torch_is_not_an_attempt_not_made(capsys):
    def attempt(x):
        raise NotImplementedError("'conv' not implemented for 'Bool'")

    assert "not implemented for 'Bool'" in said(doubled, attempt, capsys)


def test_a_body_not_written_is_an_attempt_not_made(capsys):
    def attempt(x):
        raise NotImplementedError

    assert said(doubled, attempt, capsys) == "doubled: not attempted yet\n"


def test_a_stop_by_the_reader_is_not_swallowed():
    def attempt(x):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        doubled(attempt)
