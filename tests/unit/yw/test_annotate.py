"""Proposed annotations say what a script reads and writes, and change no code."""

from __future__ import annotations

import ast

import pytest

from provkit.errors import UnknownDataError, UsageError
from provkit.yw.annotate import insert_annotations
from provkit.yw.annotate_python import outline_python
from provkit.yw.annotate_r import outline_r

HEAD = "import json, os, shutil\nimport pandas as pd\nfrom pathlib import Path\n"


def proposed(code: str) -> list[str]:
    return insert_annotations(code, outline_python(code, "s")).splitlines()


def ports(code: str) -> list[str]:
    """Port lines proposed for Python code."""
    text = insert_annotations(HEAD + code, outline_python(HEAD + code, "s"))
    return [line[2:] for line in text.splitlines() if line.startswith(("# @in", "# @out"))]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("open('d/x.csv')", ["@in x @uri file:d/x.csv"]),
        ("open('x.csv', 'w')", ["@out x @uri file:x.csv"]),
        ("open('x.csv', mode='a')", ["@out x @uri file:x.csv"]),
        ("open('x.csv', 'r+')", ["@in x @uri file:x.csv", "@out x @uri file:x.csv"]),
        ("pd.read_csv(f'd/{site}_2016.csv')", ["@in 2016 @uri file:d/{site}_2016.csv"]),
        ("df.to_csv('d/%s.csv' % name)", ["@out name @uri file:d/{name}.csv"]),
        ("df.to_csv('d/{}.csv'.format(name))", ["@out name @uri file:d/{name}.csv"]),
        ("DIR = 'out'\npd.read_csv(os.path.join(DIR, 'x.csv'))", ["@in x @uri file:out/x.csv"]),
        ("DIR = Path('out')\n(DIR / 'x.txt').write_text('')", ["@out x @uri file:out/x.txt"]),
        ("Path('a', 'b.json').read_text()", ["@in b @uri file:a/b.json"]),
        ("Path('x').open('w')", ["@out x @uri file:x"]),
        ("shutil.copy('a.csv', 'b.csv')", ["@in a @uri file:a.csv", "@out b @uri file:b.csv"]),
        ("plt.savefig('my plot.png')", ["@out my_plot"]),
        ("with open('x.json') as f:\n    json.load(f)", ["@in x @uri file:x.json"]),
        ("x = 'a.csv'\nx = 'b.csv'\nopen(x)", ["@in x"]),
        ("open('a/x'); open('b/x')", ["@in x @uri file:a/x", "@in x_2 @uri file:b/x"]),
    ],
)  # fmt: skip
def test_python_calls_become_ports(code: str, expected: list[str]) -> None:
    """Literals, formatted texts, joined paths and constants are understood."""
    assert ports(code) == expected


@pytest.mark.parametrize(
    "code", ["df.rename(columns={})", "'a'.replace('b', 'c')", "print('x.csv')", "json.load(f)"]
)
def test_what_touches_no_file_is_no_port(code: str) -> None:
    """A wrong port is worse than a missing one... unless the name is all there is."""
    try:
        found = ports(code)
    except UsageError:
        return
    assert found == ["@in f"]  # a handle nobody saw opened: told by its name, without a template


def test_functions_become_steps_of_a_workflow() -> None:
    """What one step writes and another reads stays inside; the rest are the workflow's ports."""
    code = '''"""Clean and fit.

More.
"""
import pandas as pd


def clean():
    """Drop @bad rows."""
    pd.read_csv("raw.csv").to_csv("clean.csv")


def fit():
    pd.read_csv("clean.csv").to_csv("fit.csv")


clean(); fit()
'''
    assert insert_annotations(code, outline_python(code, "my-job")).splitlines() == [
        '"""Clean and fit.',
        "",
        "More.",
        '"""',
        "import pandas as pd",
        "",
        "",
        "# @begin my_job @desc Clean and fit",
        "# @in raw @uri file:raw.csv",
        "# @out fit @uri file:fit.csv",
        "# @begin clean @desc Drop bad rows",
        "# @in raw @uri file:raw.csv",
        "# @out clean @uri file:clean.csv",
        "def clean():",
        '    """Drop @bad rows."""',
        '    pd.read_csv("raw.csv").to_csv("clean.csv")',
        "# @end clean",
        "",
        "",
        "# @begin fit",
        "# @in clean @uri file:clean.csv",
        "# @out fit @uri file:fit.csv",
        "def fit():",
        '    pd.read_csv("clean.csv").to_csv("fit.csv")',
        "# @end fit",
        "",
        "",
        "clean(); fit()",
        "# @end my_job",
    ]


def test_code_stays_as_it_is() -> None:
    """Only whole comment lines are added, also beside texts over several lines."""
    code = (
        "#!/usr/bin/env python\r\nimport os; x = '''a\r\n# b'''; open('x')\r\n"
        "@deco\r\ndef f():\r\n    open('y', 'w')\r\n"
    )

    text = insert_annotations(code, outline_python(code, "s"))

    assert ast.dump(ast.parse(text)) == ast.dump(ast.parse(code))
    assert [line for line in text.split("\n") if not line.startswith("# @")] == code.split("\n")
    assert all(line.endswith("\r") for line in text.split("\n")[:-1])


def test_options_become_parameters() -> None:
    """An argument parser tells the parameters of a run."""
    code = "p.add_argument('-t', '--min-rain')\np.add_argument('site')\nopen('x')\nargs.min_rain\n"

    assert proposed(code)[1:4] == ["# @param min_rain", "# @param site", "# @in x @uri file:x"]


def test_a_path_that_is_only_a_variable_is_another_one_in_each_function() -> None:
    """Two functions that both call theirs ``path`` do not hand a file over."""
    code = (
        "def make(path):\n    open(path, 'w')\n\n\n"
        "def use(path):\n    open(path)\n    open('out.txt', 'w')\n"
    )

    assert [line for line in proposed(code) if "path" in line and "@" in line] == [
        "# @in use_path",
        "# @out make_path",
        "# @out make_path",
        "# @in use_path",
    ]


def test_a_parameter_belongs_to_the_steps_that_use_it() -> None:
    """One that no step uses would hang in the air, and one that is a file is a file."""
    code = (
        "p.add_argument('--limit')\np.add_argument('--other')\np.add_argument('raw')\n\n\n"
        "def clean(args):\n    open(raw)\n    open(args.limit and 'good.txt', 'w')\n"
        "    open('good.txt', 'w')\n\n\n"
        "def fit():\n    open('good.txt')\n    open('fit.txt', 'w')\n"
    )
    lines = [line for line in proposed(code) if line.startswith(("# @begin", "# @param"))]

    assert lines == [
        "# @begin s",
        "# @param limit",
        "# @begin clean",
        "# @param limit",
        "# @begin fit",
    ]


def test_r_calls_become_ports() -> None:
    """The paper's scripts are R: constants, file.path, paste0 and named arguments."""
    code = """library(raster)
dir <- "prep/lsp"
x <- read.csv(file.path(dir, 'a', "b.csv"), header = TRUE)
y = readRDS(file = paste0(dir, "/", year, ".rds"))  # read.csv("no.csv")
write.csv(x, "out/x.csv", row.names=FALSE)
save(x, file="out/y.RData"); ggsave("p.png")
z <- "read.csv('no.csv')
more"
read.csv(f(x))
"""
    text = insert_annotations(code, outline_r(code, "s"))

    assert text.splitlines()[:8] == [
        "library(raster)",
        "# @begin s",
        "# @in b @uri file:prep/lsp/a/b.csv",
        "# @in year @uri file:prep/lsp/{year}.rds",
        "# @out x @uri file:out/x.csv",
        "# @out y @uri file:out/y.RData",
        "# @out p @uri file:p.png",
        'dir <- "prep/lsp"',
    ]
    assert text.splitlines()[-1] == "# @end s"


def test_what_cannot_be_outlined_is_an_error() -> None:
    """One sentence with a hint, never a traceback."""
    with pytest.raises(UnknownDataError, match="line 1"):
        outline_python("def (", "s")
    with pytest.raises(UnknownDataError):
        outline_python("x = " + "(" * 5000, "s")
    for outline in (outline_python("", "s"), outline_python("x = 1", "s"), outline_r("", "s")):
        with pytest.raises(UsageError, match="no call"):
            insert_annotations("x = 1\n", outline)


def test_hostile_r_takes_linear_time() -> None:
    """Deep calls and unclosed texts are passed over."""
    outline_r("f(" * 20_000 + '"' + "a" * 100_000, "s")
