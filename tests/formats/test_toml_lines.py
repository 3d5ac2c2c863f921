from __future__ import annotations

from collections.abc import Sequence

import pytest

from canary.formats.settings.toml_lines import line_of

TEXT = '''\
# a = 1
top = """
[table]
a = 1
"""

[table] # b = 2
a = [
  1, # "
  2,
]

b = { c = { d = 5 } }
[table.inner]
"a b" = "x"
other.dotted = 1
[[list]]
x = 1
[[list]]

x = [ [1], [
  2] ]
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("top",), 2),
        (("table",), 7),
        (("table", "a"), 8),
        (("table", "a", 1), 8),
        (("table", "b"), 13),
        (("table", "b", "c", "d"), 13),
        (("table", "inner"), 14),
        (("table", "inner", "a b"), 15),
        (("table", "inner", "other", "dotted"), 16),
        (("list",), 17),
        (("list", 0, "x"), 18),
        (("list", 1), 19),
        (("list", 1, "x"), 21),
        (("list", 1, "x", 1, 0), 21),
    ],
)
def test_the_line_on_which_a_key_is_set(path: Sequence[str | int], line: int) -> None:
    assert line_of(TEXT, path) == line
    assert line_of(TEXT.replace("\n", "\r\n"), path) == line


def test_the_line_of_the_last_key_of_a_long_text() -> None:
    text = "".join(f"a{number} = 1\n" for number in range(3_000))
    assert [line_of(text, (f"a{number}",)) for number in (0, 1_499, 2_999)] == [1, 1_500, 3_000]


def test_where_finding_the_line_takes_long_there_is_none() -> None:
    assert line_of("x = [\n" + "1,\n" * 3_000 + "]\n", ("x",)) is None
