"""No file of weights runs code, fills the memory, takes long or ends in a traceback: one sentence each.

They are read in one fresh interpreter whose memory is limited, so that what swells is seen.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from .hostile import corpus

READER = """
import json, resource, sys, time
import h5py, numpy, torch
from vzor.spec.errors import UserError
from vzor.weights.formats import read

used = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
said = {}
for path in sys.argv[1:]:
    before, start = used(), time.process_time()
    try:
        file = read(path)
        for name in file.stored:
            file.tensors[name]
        answer = "read"
    except UserError as error:
        answer = str(error)
    except Exception as error:
        answer = "fault: " + repr(error)
    said[path] = [answer, time.process_time() - start, used() - before]
print(json.dumps(said))
"""
GIGABYTE = 1 << 30


@pytest.mark.skipif(sys.platform == "win32", reason="memory is measured as POSIX measures it")
def test_the_corpus(tmp_path: Path) -> None:
    alarm = tmp_path / "alarm"
    (tmp_path / "files").mkdir()
    paths = corpus(tmp_path / "files", alarm)
    assert len(paths) >= 60 and len({path.suffix for path in paths}) >= 8
    run = subprocess.run(
        [sys.executable, "-c", READER, *map(str, paths)], capture_output=True, text=True, timeout=300, check=False
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert not alarm.exists()
    said = json.loads(run.stdout)
    faults = {Path(path).name: answer for path, (answer, _, _) in said.items() if not answer.endswith(".")}
    assert not faults
    for path, (answer, _, memory) in said.items():
        assert "\n" not in answer and str(path) in answer, answer
        assert memory < GIGABYTE, path
