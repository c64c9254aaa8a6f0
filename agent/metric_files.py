"""What the calls count, told by their worker: each call has a process, and Prometheus asks the worker.

prometheus_client has every process write what it counts into files of its own in one directory
(https://prometheus.github.io/client_python/multiprocess/). The files of a process outlive it, or its counts would go
back; so that they do not become as many as there were calls, those of the dead are put together.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

VARIABLE: Final = "PROMETHEUS_MULTIPROC_DIR"
FEW: Final = 20
"""Files of dead processes that may lie about, by kind."""
_PREFIX: Final = "voicetasks-metrics-"
_TOGETHER: Final = "ended"
_SUMMED: Final = ("counter", "histogram", "summary")
_LOCK: Final = threading.Lock()


@contextmanager
def metric_files() -> Iterator[Path]:
    """Have all processes that are started from now on count in files, until the block ends.

    prometheus_client reads the variable when it is imported: nothing that imports it may come before.
    """
    for left in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):  # by a worker that was killed
        if (pid := left.name.removeprefix(_PREFIX).partition("-")[0]).isdecimal() and not _lives(int(pid)):
            shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(
        prefix=f"{_PREFIX}{os.getpid()}-", ignore_cleanup_errors=True
    ) as directory:
        os.environ[VARIABLE] = directory
        try:
            yield Path(directory)
        finally:
            os.environ.pop(VARIABLE, None)


def exposition() -> bytes:
    """What this process and its children count, as Prometheus reads it. Blocks for some milliseconds."""
    from prometheus_client import CollectorRegistry, generate_latest, multiprocess

    directory = os.environ.get(VARIABLE)
    if directory is None:
        return generate_latest()
    with _LOCK:
        fold(Path(directory))
        registry = CollectorRegistry(auto_describe=True)
        collector: Any = multiprocess.MultiProcessCollector
        collector(registry)
        return generate_latest(registry)


def fold(directory: Path, *, few: int = FEW) -> None:
    """Put together the files of processes that have ended, where there are more than a few."""
    from prometheus_client import multiprocess

    ended = {pid: files for pid, files in _by_process(directory).items() if not _lives(pid)}
    mark_dead: Any = multiprocess.mark_process_dead
    for pid in ended:
        mark_dead(pid, str(directory))
    for kind in _SUMMED:
        files = [file for each in ended.values() for file in each if file.name.startswith(f"{kind}_")]
        if len(files) > few:
            _sum_up(files, directory / f"{kind}_{_TOGETHER}.db")


def _by_process(directory: Path) -> dict[int, list[Path]]:
    found: dict[int, list[Path]] = {}
    for file in directory.glob("*.db"):
        if (pid := file.stem.rpartition("_")[2]).isdecimal():
            found.setdefault(int(pid), []).append(file)
    return found


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _sum_up(files: list[Path], into: Path) -> None:
    """Move the sums of some files into one."""
    from prometheus_client import mmap_dict, multiprocess

    collector: Any = multiprocess.MultiProcessCollector
    key: Any = mmap_dict.mmap_key
    before = [into] if into.exists() else []
    new = into.with_suffix(".new")
    new.unlink(missing_ok=True)
    sums: Any = mmap_dict.MmapedDict(str(new))  # type: ignore[no-untyped-call]
    for metric in collector.merge([str(file) for file in [*before, *files]], accumulate=False):
        for sample in metric.samples:
            labels = sample.labels
            name = key(metric.name, sample.name, list(labels), list(labels.values()), metric.documentation)
            sums.write_value(name, sample.value, 0.0)
    sums.close()
    new.replace(into)
    for file in files:
        file.unlink()
