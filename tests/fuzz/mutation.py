"""Break sample files in many ways and read them: each is read or refused by name, and nothing else happens.

``make fuzz`` runs this for FUZZ_SECONDS and prints the outcomes; a short run is part of the tests. The run fails for an
exception without a name, a file that takes longer than the limit, memory above the cap, a file left behind anywhere in
the folders it may write, or a connection to the address that the samples are full of.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import resource
import socket
import sys
import tempfile
import threading
import time
import traceback
import zipfile
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from checks.engine import IntakeError, read_document
from checks.engine.intake import READERS, archive_members, converter_available, ocr_available
from checks.engine.readers.sandbox import MEGABYTE

from ..engine import files

SECONDS = 130  # for one file; the longest limit of a reader is 120
MEMORY = max(limits.memory for limits in READERS.values())
OWN_MEMORY = 1500 * MEGABYTE  # of this process, in which text and plain pages are read
SLOW = {"small.png": 25, "policy.rtf": 60, "scan.pdf": 40}  # one in so many, as they take seconds
WORDS = (
    b"<w:p>", b"</w:p>", b"<w:tbl>", b"<div>", b"<table>", b"<!--", b"-->", b"&#x110000;", b"\xff\xfe", b"\xef\xbb\xbf",
    b"PK\x03\x04", b"obj", b"endstream", b"/Length 999999999", b"/Count -1", b"/W[1 9 1]", b"\xff\xff\xff\xff", b"\0\0\0\0",
    b"\x7f\xff\xff\xff", b"<!DOCTYPE a [<!ENTITY b 'c'>]>", b"{\\rtf1", b"%PDF-1.7", b"charset=utf-7", b"charset=idna",
    "锟斤拷".encode(), b"\\u-99999?", b"9" * 40,
)  # fmt: skip


@dataclass
class Result:
    outcomes: Counter = field(default_factory=Counter)  # (sample, outcome) → how many
    slowest: tuple[float, str] = (0.0, "")
    tried: int = 0
    failures: list[str] = field(default_factory=list)
    child_megabytes: int = 0
    own_megabytes: int = 0


@contextmanager
def canary():
    """An address on this machine, and how often somebody connected to it."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.2)
    calls, done = [], threading.Event()

    def listen():
        while not done.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            calls.append(1)
            connection.close()

    thread = threading.Thread(target=listen, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/", calls
    finally:
        done.set()
        thread.join()
        server.close()


def samples_that_call(address: str) -> dict[str, bytes]:
    """The sample files, and some that ask a careless reader to fetch something."""
    url = address.encode()
    page = files.html_page(
        f'<img src="{address}a.png"><link rel=stylesheet href="{address}b.css"><iframe src="{address}c">'
    )
    relations = (
        b'<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/'
        b'attachedTemplate" Target="%st.dotm" TargetMode="External"/></Relationships>' % url
    )
    return files.samples() | {
        "calls.html": page.encode(),
        "calls.docx": files.rewritten(files.word(), "word/_rels/settings.xml.rels", relations),
        "calls.pdf": files.simple_pdf().replace(b"/Type/Catalog", b"/Type/Catalog/OpenAction<</S/URI/URI(%s)>>" % url),
        "policy.rtf": files.rtf()[:-1] + b'{\\field{\\*\\fldinst INCLUDEPICTURE "%sp.png" \\\\d}}}' % url,
        "scan.pdf": files.scanned_pdf(files.small_picture(), 100),
    }


def mutated(content: bytes, others: list[bytes], dice: random.Random) -> bytes:
    """One to eight changes. Of a ZIP, now and then what is inside a part, packed again so that it is reached."""
    if content[:2] == b"PK" and dice.random() < 0.6:
        return _mutated_part(content, others, dice)
    changed = bytearray(content)
    for _ in range(dice.choice((1, 1, 2, 3, 8))):
        if not changed:
            break
        at = dice.randrange(len(changed))
        kind = dice.randrange(8)
        if kind == 0:
            changed[at] = dice.randrange(256)
        elif kind == 1:
            changed[at] ^= 1 << dice.randrange(8)
        elif kind == 2:
            del changed[at : at + dice.choice((1, 4, 100, 5000))]
        elif kind == 3:
            changed[at:at] = dice.choice(WORDS) * dice.choice((1, 1, 2, 50, 3000))
        elif kind == 4:
            del changed[at:]
        elif kind == 5:
            piece = changed[at : at + dice.choice((2, 60, 2000))]
            changed[at:at] = piece * dice.choice((1, 3, 40))
        elif kind == 6:
            other = dice.choice(others)
            start = dice.randrange(len(other))
            changed[at : at + 50] = other[start : start + dice.choice((10, 500, 20_000))]
        else:
            end = dice.randrange(len(changed))
            changed[min(at, end) : max(at, end)] = bytes(reversed(changed[min(at, end) : max(at, end)]))
    return bytes(changed)


def _mutated_part(content: bytes, others: list[bytes], dice: random.Random) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as copy:
        entries = source.infolist()
        chosen = dice.choice([entry for entry in entries if "media" not in entry.filename])
        if dice.random() < 0.5:
            chosen = next((entry for entry in entries if entry.filename == "word/document.xml"), chosen)
        for entry in entries:
            part = source.read(entry)
            if entry is chosen and part:
                part = mutated(part, others, dice)
            if dice.random() > 0.01:
                copy.writestr(entry.filename, part)
    return target.getvalue()


def run(seconds: float, seed: int = 1) -> Result:
    """Mutate and read until the time is up."""
    result, dice = Result(), random.Random(seed)  # noqa: S311 – repeatable, not secret
    with canary() as (address, calls), tempfile.TemporaryDirectory() as folder, _working_in(folder):
        originals = samples_that_call(address)
        others = list(originals.values())
        names = sorted(originals)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            name = dice.choice(names)
            if name in SLOW and dice.randrange(SLOW[name]):
                continue
            if (name.endswith(".rtf") and not converter_available()) or (name in SLOW and not ocr_available()):
                continue
            content = originals[name] if dice.random() < 0.03 else mutated(originals[name], others, dice)
            patient = name in SLOW or not dice.randrange(30)
            _try(name, content, result, patient=patient)
        left = [str(path) for path in Path(folder).rglob("*") if path.is_file()]
        if left:
            result.failures.append(f"files were left behind: {left[:5]}")
    if calls:
        result.failures.append(f"{len(calls)} connections to the address in the samples")
    result.child_megabytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    result.own_megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    if result.child_megabytes * MEGABYTE > MEMORY or result.own_megabytes * MEGABYTE > OWN_MEMORY:
        result.failures.append(f"memory: {result.child_megabytes} MB in a child, {result.own_megabytes} MB here")
    return result


@contextmanager
def _working_in(folder: str):
    """Everything that is written without a path, or to a temporary file, goes where we can see it."""
    before, temporary = os.getcwd(), tempfile.tempdir
    os.chdir(folder)
    tempfile.tempdir = folder
    try:
        yield
    finally:
        os.chdir(before)
        tempfile.tempdir = temporary


def _try(name: str, content: bytes, result: Result, *, patient: bool) -> None:
    started = time.monotonic()
    try:
        if name.endswith(".zip"):
            list(archive_members(content))
            outcome = "read"
        else:
            document = read_document(content, name=name, patient=patient)
            outcome = "read" if _is_sound(document) else "unsound"
    except IntakeError as error:
        outcome = error.reason.value
    except Exception:
        outcome = "exception"
        result.failures.append(f"{name}: {traceback.format_exc(limit=-4)}")
    took = time.monotonic() - started
    result.tried += 1
    result.outcomes[name, outcome] += 1
    result.slowest = max(result.slowest, (took, f"{name} ({outcome})"))
    if outcome == "unsound":
        result.failures.append(f"{name}: spans outside the text")
    if took > SECONDS:
        result.failures.append(f"{name} took {took:.0f} s")
    if outcome in ("exception", "unsound"):
        Path(f"/tmp/fuzz-{name}").write_bytes(content) if os.environ.get("FUZZ_KEEP") else None  # noqa: S108


def _is_sound(document) -> bool:
    layout, length = document.layout, len(document.text)
    return (
        all(0 <= start < end <= length for start, end in layout.emphasis)
        and all(0 <= start < end <= length for start, end, _ in layout.doubtful)
        and list(layout.pages) == sorted(layout.pages)
        and [place[0] for place in layout.places] == sorted(place[0] for place in layout.places)
        and all(0 <= place[0] < length for place in layout.places)
    )


def table(result: Result) -> str:
    """Outcomes by named reason, one line for each; then the samples."""
    by_reason = Counter()
    for (_, outcome), count in result.outcomes.items():
        by_reason[outcome] += count
    lines = [f"{result.tried} files tried", ""]
    lines += [f"{count:7}  {outcome}" for outcome, count in by_reason.most_common()]
    by_sample = Counter()
    for (name, _), count in result.outcomes.items():
        by_sample[name] += count
    lines += ["", "  ".join(f"{name} {count}" for name, count in sorted(by_sample.items()))]
    lines += [
        f"slowest {result.slowest[0]:.1f} s: {result.slowest[1]}",
        f"memory at most {result.child_megabytes} MB in a child, {result.own_megabytes} MB in this process",
    ]
    return "\n".join(lines + [f"FAILED: {failure}" for failure in result.failures])


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=float(os.environ.get("FUZZ_SECONDS", 60)))
    parser.add_argument("--seed", type=int, default=int(time.time()))
    given = parser.parse_args()
    print(f"seed {given.seed}")
    result = run(given.seconds, given.seed)
    print(table(result))
    return bool(result.failures)


if __name__ == "__main__":
    sys.exit(main())
