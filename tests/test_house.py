"""House rules that a linter does not know: no task is named in shared code, and no stranger's code is run.

Checked on the syntax tree, so that comments and docstrings may say these words.  Every rule is also
tried on a line that breaks it.
"""

import ast
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

SRC = Path(__file__).parents[1] / "src" / "vzor"
FILES = sorted(SRC.rglob("*.py"))
TASKS = {file.parent.name for file in (SRC / "tasks").glob("*/*.py")} - {"common"}
SHARED = [file for file in FILES if file.relative_to(SRC).parts[0] != "tasks"]

#: Loading any of their files runs what is in it.
PICKLERS = {"pickle", "_pickle", "cPickle", "cloudpickle", "dill", "joblib", "marshal", "shelve"}

Finding = tuple[int, str]
Rule = Callable[[ast.AST], Iterator[Finding]]


def constants(node: ast.AST) -> set[object]:
    return {leaf.value for leaf in ast.walk(node) if isinstance(leaf, ast.Constant)}


def task_named(tree: ast.AST) -> Iterator[Finding]:
    """A comparison, a ``case`` or a lookup table that decides by a task's name."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare | ast.MatchValue):
            decides_by = constants(node)
        elif isinstance(node, ast.Dict):
            decides_by = set().union(*(constants(key) for key in node.keys if key is not None))
        else:
            continue
        for name in sorted(TASKS & decides_by):
            yield node.lineno, f"decides by the task's name '{name}'; put it into the Task instead"


def picklers(tree: ast.AST) -> Iterator[Finding]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            modules = [name.name for name in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module or ""]
        else:
            continue
        for module in modules:
            if module.partition(".")[0] in PICKLERS:
                yield node.lineno, f"imports {module}, which runs what it loads"


def called(node: ast.Call) -> str:
    """``torch.load`` for ``torch.load(...)``, ``.eval`` for ``anything().eval(...)``."""
    if isinstance(node.func, ast.Name):
        return node.func.id
    if isinstance(node.func, ast.Attribute):
        owner = node.func.value.id if isinstance(node.func.value, ast.Name) else ""
        return f"{owner}.{node.func.attr}"
    return ""


def unsafe_calls(tree: ast.AST) -> Iterator[Finding]:
    """Calls that run what they read, or that hide what they did not load."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = called(node)
        given = {word.arg: word.value.value for word in node.keywords if isinstance(word.value, ast.Constant)}
        if name in {"eval", "exec", "builtins.eval", "builtins.exec", "os.system", "os.popen"}:
            yield node.lineno, f"{name} runs text"
        if name in {"yaml.load", "yaml.load_all", "yaml.full_load", "yaml.unsafe_load"}:
            yield node.lineno, f"{name} builds objects; use yaml.safe_load"
        if name == "torch.load" and given.get("weights_only") is not True:
            yield node.lineno, "torch.load needs weights_only=True"
        if name.startswith("torch.hub."):
            yield node.lineno, f"{name} runs a stranger's code"
        if given.get("weights_only") is False:
            yield node.lineno, "weights_only=False unpickles"
        if given.get("allow_pickle") is True:
            yield node.lineno, "allow_pickle=True unpickles"
        if given.get("shell") is True:
            yield node.lineno, "shell=True runs text"
        if given.get("strict") is False and name != "zip":
            yield node.lineno, "strict=False hides what did not load"


def broken(rule: Rule, files: list[Path]) -> list[str]:
    return [
        f"{file.relative_to(SRC)}:{line}: {what}"
        for file in files
        for line, what in rule(ast.parse(file.read_text("utf-8")))
    ]


def test_there_is_something_to_check() -> None:
    assert "classify" in TASKS
    assert len(SHARED) > 20


def test_shared_code_never_decides_by_a_tasks_name() -> None:
    assert broken(task_named, SHARED) == []


def test_nothing_is_pickled() -> None:
    assert broken(picklers, FILES) == []


def test_nothing_runs_what_it_reads() -> None:
    assert broken(unsafe_calls, FILES) == []


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (task_named, "if task == 'classify': pass"),
        (task_named, "x = 1 if task.name in ('classify', 'other') else 2"),
        (task_named, "match task:\n    case 'classify': pass"),
        (task_named, "loss = {'classify': 1}[task]"),
        (picklers, "import pickle"),
        (picklers, "def f():\n    from joblib import load"),
        (unsafe_calls, "eval('1')"),
        (unsafe_calls, "import yaml; yaml.load(text)"),
        (unsafe_calls, "torch.load(path)"),
        (unsafe_calls, "torch.load(path, weights_only=False)"),
        (unsafe_calls, "numpy.load(path, allow_pickle=True)"),
        (unsafe_calls, "net.load_state_dict(state, strict=False)"),
    ],
)
def test_the_rules_see_what_breaks_them(rule: Rule, line: str) -> None:
    assert list(rule(ast.parse(line)))


@pytest.mark.parametrize(
    ("rule", "line"),
    [
        (task_named, "def train(data, task='classify'): '''task == 'classify' is the default'''"),
        (unsafe_calls, "net.eval(); zip(a, b, strict=False); torch.load(path, weights_only=True)"),
        (unsafe_calls, "numpy.load(path, allow_pickle=False); yaml.safe_load(text); re.compile(text)"),
    ],
)
def test_the_rules_let_the_innocent_pass(rule: Rule, line: str) -> None:
    assert not list(rule(ast.parse(line)))
