"""How faithfully and how fast each format is read, and what OCR makes of two qualities; ``make bench`` prints it.

Kept: the share of the policy's characters that were read, in their order. Order: whether every line of the policy comes
where it should. Times are medians of three runs, child process included, for 10,000 characters: by the clock, and of
the processors, which does not depend on what else the machine does.
"""

from __future__ import annotations

import difflib
import resource
import subprocess
import sys
import time
from statistics import median

from checks.engine import read_document
from checks.engine.intake import converter_available, ocr_available

from ..engine import files

COPIES = 12  # of the policy in one file, so that the cost of a process does not hide that of reading


def squeezed(text: str) -> str:
    return "".join(text.split())


def kept(wanted: str, read: str) -> float:
    """Per cent of the wanted characters that were read, in order."""
    same = sum(
        block.size for block in difflib.SequenceMatcher(None, wanted, read, autojunk=False).get_matching_blocks()
    )
    return 100 * same / len(wanted)


def in_order(lines: list[str], text: str) -> bool:
    at = 0
    for line in map(squeezed, lines):
        at = text.find(line, at)
        if at < 0:
            return False
        at += len(line)
    return True


def distance(wanted: str, read: str) -> int:
    """Characters to insert, remove or replace (Levenshtein)."""
    row = list(range(len(read) + 1))
    for i, a in enumerate(wanted, 1):
        before, row[0] = row[0], i
        for j, b in enumerate(read, 1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (a != b))
    return row[-1]


def formats() -> dict[str, tuple[bytes, int]]:
    """Name → file, and how often the policy stands in it."""
    text = "\n".join([files.expected()] * COPIES)
    found = {
        "text, UTF-8": (text.encode(), COPIES),
        "text, GB18030": (text.encode("gb18030"), COPIES),
        "text, UTF-16": (text.encode("utf-16"), COPIES),
        "Markdown": ("\n\n".join([files.markdown()] * COPIES).encode(), COPIES),
        "HTML": (files.html_page(copies=COPIES).encode(), COPIES),
        "MHT": (files.mht(COPIES), COPIES),
        "Word (.docx)": (files.word(COPIES), COPIES),
        "PDF": (files.pdf("", COPIES), COPIES),
        "PDF, two columns": (files.pdf("body{columns:2;column-gap:20pt}h1{column-span:all}", COPIES), COPIES),
        "PDF, justified": (files.pdf("p{text-align:justify}", COPIES), COPIES),
    }
    if converter_available():
        found["RTF, through LibreOffice"] = (files.rtf(COPIES), COPIES)
    return found


def measure(name: str, content: bytes, copies: int) -> str:
    wanted = files.expected()
    if name.startswith("RTF"):
        wanted = "\n".join((files.TITLE, *files.PARAGRAPHS))
    clock, processors = [], []
    for _ in range(3):
        started, busy = time.perf_counter(), processor_time()
        text = read_document(content, name=name).text
        clock.append(time.perf_counter() - started)
        processors.append(processor_time() - busy)
    read = squeezed(text)
    costs = [1000 * median(times) / max(1, len(read)) * 10_000 for times in (clock, processors)]
    order = (
        in_order(wanted.split("\n") * copies, read)
        if name != "Markdown"
        else in_order(list(files.PARAGRAPHS[:1]), read)
    )
    return f"{name:26} {kept(squeezed(wanted) * copies, read):7.2f} {'yes' if order else 'no':>6} {costs[0]:9.1f} {costs[1]:9.1f}"


def processor_time() -> float:
    """Seconds that this process and the children it has waited for were busy."""
    own, children = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def ocr() -> list[str]:
    wanted = squeezed(files.expected())
    lines = []
    for name, content in (
        ("200 dpi, clean, PNG", files.picture(200)),
        ("120 dpi, noise, JPEG 40", files.picture(120, "JPEG", blur=0.6, quality=40)),
    ):
        started = time.perf_counter()
        document = read_document(content, name=name)
        took = time.perf_counter() - started
        read = squeezed(document.text).replace(squeezed("松果软件 内部文件"), "")
        same = str.maketrans("；：，！？（）", ";:,!?()")
        errors = distance(wanted.translate(same), read.translate(same))
        doubtful = sum(end - start for start, end, _ in document.layout.doubtful)
        lines.append(f"{name:26} {100 * errors / len(wanted):7.2f} {100 * doubtful / len(read):9.1f} {took:9.1f}")
    return lines


def start_of_child() -> float:
    """Milliseconds that a child process costs before it reads anything."""
    times = []
    content = b"MIME-Version: 1.0\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\n\r\nhello\r\n--b--"
    for _ in range(7):
        started = time.perf_counter()
        read_document(content, name="start.mht")
        times.append(time.perf_counter() - started)
    return 1000 * median(times)


def main() -> int:
    print(f"{'format':26} {'kept %':>7} {'order':>6} {'ms/10k':>9} {'CPU ms':>9}")
    for name, (content, copies) in formats().items():
        print(measure(name, content, copies), flush=True)
    print(f"\nstart of a child process: {start_of_child():.0f} ms")
    if not ocr_available():
        print("\nno Tesseract, no figures for OCR")
        return 0
    print(f"\n{'OCR of one page':26} {'error %':>7} {'doubtful %':>10} {'seconds':>8}")
    for line in ocr():
        print(line, flush=True)
    print()
    largest("picture of 79 megapixels", files.blank_picture(8_900, 8_900))
    largest("Word file with 36 MB of XML", files.large_word(36_000_000))
    largest("page with 29,000 tags in 10 MB", files.html_page(copies=700).encode()[: 10 * 1024 * 1024])
    return 0


_LARGEST = """
import resource, sys
from checks.engine import IntakeError, read_document
try:
    outcome = f"{len(read_document(sys.stdin.buffer.read(), name='largest').text)} characters"
except IntakeError as error:
    outcome = error.reason.value
own, child = (resource.getrusage(who).ru_maxrss // 1024 for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
print(f"{outcome}, {child} MB in the child, {own} MB in the program")
"""


def largest(name: str, content: bytes) -> None:
    """How long one of the largest files that are read takes, and how much memory: in a program of its own, because a
    child counts the memory of the program that starts it."""
    started = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", _LARGEST], input=content, capture_output=True, check=False)
    print(f"{name}: {done.stdout.decode().strip()}, {time.perf_counter() - started:.0f} s", flush=True)


if __name__ == "__main__":
    sys.exit(main())
