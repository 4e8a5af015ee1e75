"""The process in which untrusted formats are parsed. Started by ``sandbox``; never imported by it.

Standard input holds the request (one line of JSON: format, limits, options), then the file. Standard output gets a line
of JSON for each step of progress, and one for the result or the refusal. The limits hold for everything started here.
"""

from __future__ import annotations

import ctypes
import importlib.util
import json
import os
import resource
import signal
import sys
from pathlib import Path

CLONE_NEWNET, CLONE_NEWUSER, PR_SET_PDEATHSIG = 0x40000000, 0x10000000, 1


def limit(limits: dict) -> None:
    """Memory, processor time, size of files written; no core files. Nobody raises them again."""
    for kind, value in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, limits["seconds"]),
        (resource.RLIMIT_FSIZE, limits["file_bytes"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, 256),
    ):
        hard = resource.getrlimit(kind)[1]
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(kind, (value, value))


def isolate() -> None:
    """Die with the parent, and see no network where the kernel lets us say so."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if libc.unshare(CLONE_NEWNET) != 0:
            libc.unshare(CLONE_NEWUSER | CLONE_NEWNET)
    except (OSError, AttributeError):  # not Linux
        pass


def forbid_connections() -> None:
    """Python itself refuses to speak to the network, also where the kernel would not."""

    def refuse(event: str, _arguments: tuple) -> None:
        if event.startswith("socket."):
            raise PermissionError(event)

    sys.addaudithook(refuse)


def load_readers():
    """The readers without the engine around them: its word lists and models would take most of a second to load."""
    folder = Path(__file__).resolve().parent
    spec = importlib.util.spec_from_file_location(
        "readers", folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    package = importlib.util.module_from_spec(spec)
    sys.modules["readers"] = package
    spec.loader.exec_module(package)


def main() -> None:
    source, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    request = json.loads(source.readline())
    limit(request["limits"])
    isolate()
    forbid_connections()
    load_readers()
    from readers import formats, refusals

    def say(**answer) -> None:
        answers.write(json.dumps(answer, ensure_ascii=True).encode() + b"\n")

    def progress(done: int, total: int) -> None:
        say(progress=[done, total])

    content = source.read()
    try:
        extract = formats.read(request["media_type"], content, progress=progress, **request["options"])
        say(result=extract.to_json())
    except refusals.IntakeError as error:
        say(refused=error.reason.value, params=error.params)
    except MemoryError:
        say(refused="out_of_memory", params={})
    except RecursionError:
        say(refused="too_deep", params={"limit": sys.getrecursionlimit()})
    except Exception as error:  # a parser that stumbles over a file: the file is damaged
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        say(refused="damaged", params={"media_type": request["media_type"]})


if __name__ == "__main__":
    main()
