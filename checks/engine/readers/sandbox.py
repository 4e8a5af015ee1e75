"""Runs a reader in a child process that cannot take the program with it: limits, a deadline, killed as a group."""

from __future__ import annotations

import json
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .extract import Extract
from .refusals import IntakeError, IntakeReason

MEGABYTE = 1024 * 1024
ANSWER_BYTES = 256 * MEGABYTE
CHILD = Path(__file__).with_name("child.py")


@dataclass(frozen=True, slots=True)
class Limits:
    """``seconds`` of the clock for the whole, or for each step when the reader reports progress."""

    seconds: int = 60
    memory: int = 1024 * MEGABYTE
    file_bytes: int = 0
    cpu_seconds: int = 0  # 0: as many as ``seconds``


def read_in_child(
    media_type: str,
    content: bytes,
    *,
    limits: Limits,
    options: dict,
    progress: Callable[[int, int], None] | None = None,
) -> Extract:
    """What ``formats.read`` gives for this file, read elsewhere. Raises IntakeError.

    ``progress`` is called here, with (pages done, pages in all). If it raises, the child is killed.
    """
    request = {
        "media_type": media_type,
        "options": options,
        "limits": {
            "memory": limits.memory,
            "seconds": limits.cpu_seconds or limits.seconds,
            "file_bytes": limits.file_bytes,
        },
    }
    with tempfile.TemporaryFile() as source, tempfile.TemporaryDirectory(prefix="intake-") as folder:
        source.write(json.dumps(request).encode() + b"\n")
        source.write(content)
        source.seek(0)
        process = subprocess.Popen(  # noqa: S603 – our own interpreter and file
            [sys.executable, "-I", "-B", str(CHILD)],
            stdin=source,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=folder,
            env=_environment(folder),
            start_new_session=True,
        )
        try:
            answer = _listen(process, limits, progress)
        finally:
            _kill(process)
    if answer is None:
        raise _death(process.returncode, limits)
    if "refused" in answer:
        if answer["refused"] == IntakeReason.OUT_OF_MEMORY:
            answer["params"] = {"megabytes": limits.memory // MEGABYTE}
        raise IntakeError(IntakeReason(answer["refused"]), **answer["params"])
    return Extract(**answer["result"])


def _environment(folder: str) -> dict[str, str]:
    """Little: no secrets of the server, no proxies, and every temporary file below a folder that goes away."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "TESSDATA_PREFIX") if name in os.environ}
    return kept | {"HOME": folder, "TMPDIR": folder, "OMP_THREAD_LIMIT": "1", "LC_ALL": "C.UTF-8"}


def _listen(process, limits: Limits, progress) -> dict | None:
    """The child's last answer; None when it died without one. Raises IntakeError(TOOK_TOO_LONG)."""
    deadline = time.monotonic() + limits.seconds
    received = bytearray()
    size = 0
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        while True:
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise IntakeError(IntakeReason.TOOK_TOO_LONG, seconds=limits.seconds)
            chunk = os.read(process.stdout.fileno(), 1 << 16)
            size += len(chunk)
            if size > ANSWER_BYTES:
                raise IntakeError(
                    IntakeReason.EXPANDS_TOO_FAR, megabytes=size // MEGABYTE, limit=ANSWER_BYTES // MEGABYTE
                )
            if not chunk:
                return json.loads(received) if received.endswith(b"}") else None
            received += chunk
            while (end := received.find(b"\n")) >= 0:
                answer = json.loads(received[:end])
                del received[: end + 1]
                if "progress" not in answer:
                    return answer
                deadline = time.monotonic() + limits.seconds
                if progress:
                    progress(*answer["progress"])


def _kill(process) -> None:
    """The child and all it started: they are one session."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.stdout.close()
    process.wait()


def _death(code: int | None, limits: Limits) -> IntakeError:
    if code == -signal.SIGXCPU:
        return IntakeError(IntakeReason.TOOK_TOO_LONG, seconds=limits.cpu_seconds or limits.seconds)
    return IntakeError(IntakeReason.READER_FAILED)
