"""Tables: markdown that a notebook renders, and what they say when empty."""

from IPython.core.interactiveshell import InteractiveShell

from alexnet_lib.tables import NOT_RUN_YET, Table, table

TWO = table(["arm", "error"], [["source", ".41"], ["half", ".45"]])


def test_a_table_is_its_markdown():
    assert isinstance(TWO, Table)
    assert TWO == "| arm | error |\n| --- | --- |\n| source | .41 |\n| half | .45 |"


def test_a_notebook_renders_the_markdown_and_keeps_it_once():
    shown, _ = InteractiveShell.instance().display_formatter.format(TWO)
    assert shown == {"text/markdown": TWO, "text/plain": "a table of 2 rows"}


def test_an_empty_table_says_why():
    assert len(table(["arm", "error"], []).splitlines()) == 2
    said = table(["arm", "error"], [], empty=NOT_RUN_YET).splitlines()
    assert said[2:] == ["| not run yet |  |"]
