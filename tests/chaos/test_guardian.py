"""The guardian: whatever we die of, nothing remains."""

import os
import select
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

from streambus.chaos.guardian import Guardian, clean_up_after

LOADED_BYTES = 50_000
"""So large is a log when its clients are at work."""

SLEEPER = [sys.executable, "-c", "input()"]


def start_sleeper() -> subprocess.Popen[bytes]:
    return subprocess.Popen(SLEEPER, stdin=subprocess.PIPE)


def test_what_it_watches_is_gone_at_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "deep").mkdir(parents=True)
    with start_sleeper() as process, start_sleeper() as other:
        with Guardian() as guardian:
            guardian.watch_process(process.pid)
            guardian.watch_process(other.pid)
            guardian.process_gone(other.pid)
            guardian.watch_folder(folder)
        assert process.wait(5) == -signal.SIGKILL
        assert not folder.exists()
        assert other.poll() is None, "its number may be somebody else's by now"


def test_what_has_gone_already_is_no_reason_to_stop(tmp_path: Path) -> None:
    with start_sleeper() as process:
        process.stdin.close()
        process.wait(5)
    (tmp_path / "folder").mkdir()
    clean_up_after([f"process {process.pid}\n", f"folder {tmp_path / 'never-made'}\n", f"folder {tmp_path / 'folder'}\n"])
    assert list(tmp_path.iterdir()) == []


RUNNER = """
import sys
from pathlib import Path
from streambus.chaos.equipment import Equipment
from streambus.chaos.guardian import Guardian
from streambus.chaos.stage import staged
from streambus.checkers import History

folder = Path(sys.argv[1])
with Guardian() as guardian:
    guardian.watch_folder(folder)
    with staged(folder, (), {}, seed=1, history=History(), guardian=guardian, small_disk_bytes=1) as stage:
        print(stage.broker.process.pid, flush=True)
        sys.stdin.read()
"""


def test_even_a_killed_run_leaves_no_broker_and_no_folder(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    folder.mkdir()
    with subprocess.Popen([sys.executable, "-c", RUNNER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as runner:
        broker = int(runner.stdout.readline())
        ended = os.pidfd_open(broker)
        try:
            assert (folder / "data").is_dir()
            runner.kill()
            assert select.select([ended], [], [], 10)[0], "the broker outlived the run"
        finally:
            os.close(ended)
    watch_until_gone(folder)


def test_ctrl_c_ends_a_run_at_once_and_leaves_nothing(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "streambus.cli", "chaos", "run", "--nemesis", "sigkill", "--for", "60", "--out", str(tmp_path / "out")]
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    # Whoever runs the tests in the background may have told everybody to ignore Ctrl-C.
    heed = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)
    environment = {**os.environ, "TMPDIR": str(scratch)}
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment, preexec_fn=heed) as runner:
        for _ in range(2_000):
            if any(path.stat().st_size > LOADED_BYTES for path in scratch.glob("*/data/wal/*")):
                break
            select.select([], [], [], 0.01)
        brokers = [int(path.read_text()) for path in scratch.glob("*/data/.lock")]
        runner.send_signal(signal.SIGINT)
        assert runner.wait(30) == 130
    assert len(brokers) == 1
    assert list(scratch.iterdir()) == []
    assert not (tmp_path / "out").exists()
    assert not Path(f"/proc/{brokers[0]}").exists()


def watch_until_gone(folder: Path) -> None:
    """The guardian removes the folder after the broker; nobody tells us when, so look until it is done."""
    for _ in range(1_000):
        if not folder.exists():
            return
        select.select([], [], [], 0.01)
    raise AssertionError(f"{folder} is still there")
