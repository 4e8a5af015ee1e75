"""Pictures of text → lines, by Tesseract. It reads standard input and writes standard output; no file is made."""

from __future__ import annotations

import csv
import ctypes
import io
import re
import signal
import subprocess
from collections import defaultdict
from collections.abc import Callable
from itertools import pairwise

from PIL import Image

from .extract import DOUBTFUL_BELOW, Writer
from .lines import Line, Page, Piece, needs_space
from .refusals import IntakeError, IntakeReason

CHARACTER = 42  # pixels; what is smaller is enlarged, at most twofold
MAX_PIXELS = 30_000_000  # up to which pictures are enlarged
STRIP = 4000  # pixels; longer pictures are cut at blank rows
LEAST_STRIP = 2000
_NUMBERS = ("block_num", "par_num", "line_num", "left", "top", "width", "height")
SECONDS = 100  # for one strip; the sandbox's own clock ends later
LANGUAGES = "chi_sim+eng"
WRONG_WAY = 45  # per cent; below this mean confidence the picture may stand on its side
NOISE = 20  # per cent; marks below are specks, not words


def recognise(picture: Image.Image, tesseract: str, writer: Writer, step: Callable[[int, int], None]) -> Page:
    """The lines of one picture, from the top. Raises IntakeError(READER_FAILED) when Tesseract does.

    ``step`` is called with (strips read, strips in all), so that nobody takes a long picture for a reader that hangs.
    """
    picture = _prepared(picture)
    lines, sure = _read_strips(picture, tesseract, step)
    if sure < WRONG_WAY and picture.height <= 2 * picture.width <= 8 * picture.height:
        turned = _turned(picture, tesseract)
        if turned is not None:
            again, surer = _read_strips(turned, tesseract, step)
            if surer > sure:
                picture, lines = turned, again
    _even_sizes(lines)
    for line in lines:
        writer.notice("doubtful_words", sum(piece.sure < DOUBTFUL_BELOW for piece in line.pieces))
    return Page(picture.width, picture.height, lines)


def _even_sizes(lines: list[Line]) -> None:
    """Boxes are as high as the ink: a line of 一 and 二 is not written smaller."""
    if not lines:
        return
    sizes = sorted(line.size for line in lines)
    middle = sizes[len(sizes) // 2]
    for line in lines:
        if 0.5 * middle < line.size < 1.6 * middle:
            line.size = middle


def _prepared(picture: Image.Image) -> Image.Image:
    """Grey, dark on light, and large enough."""
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        picture = picture.convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        picture = Image.alpha_composite(white, picture)
    picture = picture.convert("L")
    histogram = picture.histogram()
    if sum(histogram[:96]) > 0.6 * sum(histogram):
        picture = picture.point(lambda value: 255 - value)
    height = _line_height(blank_rows(picture))
    scale = min(2.0, CHARACTER / height, (MAX_PIXELS / (picture.width * picture.height)) ** 0.5) if height else 1.0
    if scale > 1.1:
        picture = picture.resize(
            (round(picture.width * scale), round(picture.height * scale)), Image.Resampling.LANCZOS
        )
    return picture


def _line_height(blank: list[bool]) -> int:
    """The usual height of a line's ink, 0 where lines cannot be told apart."""
    runs, run = [], 0
    for is_blank in [*blank, True]:
        if not is_blank:
            run += 1
        elif run:
            runs.append(run)
            run = 0
    runs = sorted(run for run in runs if run >= 8)
    return runs[len(runs) // 2] if len(runs) >= 3 else 0


def blank_rows(picture: Image.Image) -> list[bool]:
    """For each row whether it is of one shade."""
    narrow = picture.resize((min(picture.width, 200), picture.height), Image.Resampling.BOX)
    rows, width = narrow.tobytes(), narrow.width
    return [max(row) - min(row) < 12 for row in (rows[start : start + width] for start in range(0, len(rows), width))]


def _read_strips(picture: Image.Image, tesseract: str, step: Callable[[int, int], None]) -> tuple[list[Line], float]:
    """Lines of all strips, and the mean confidence of their words."""
    lines: list[Line] = []
    cuts = strips(picture)
    for done, (top, bottom) in enumerate(cuts):
        step(done, len(cuts))
        strip = picture.crop((0, top, picture.width, bottom)) if (top, bottom) != (0, picture.height) else picture
        lines += _lines(_run(strip, tesseract), top)
    step(len(cuts), len(cuts))
    sures = [piece.sure for line in lines for piece in line.pieces for _ in piece.text]
    return lines, sum(sures) / len(sures) if sures else 0.0


def strips(picture: Image.Image) -> list[tuple[int, int]]:
    """Where to cut a long picture: in the middle of the widest blank rows that stand in reach."""
    if picture.height <= 1.5 * STRIP:
        return [(0, picture.height)]
    blank = blank_rows(picture)
    cuts, top = [], 0
    while picture.height - top > 1.5 * STRIP:
        cuts.append(_cut(blank, top + LEAST_STRIP, min(top + STRIP, picture.height - 1)))
        top = cuts[-1]
    edges = [0, *cuts, picture.height]
    return list(pairwise(edges))


def _cut(blank: list[bool], first: int, last: int) -> int:
    best, length, run = last, 0, 0
    for row in range(first, last + 1):
        run = run + 1 if blank[row] else 0
        if run >= length and run:
            best, length = row - run // 2, run
    return best


def _run(picture: Image.Image, tesseract: str, *arguments: str) -> str:
    """Tesseract's table of words for a picture."""
    source = io.BytesIO()
    picture.save(source, "PNG", compress_level=1, dpi=(300, 300))
    command = [tesseract, "stdin", "stdout", *(arguments or ("-l", LANGUAGES, "--psm", "3", "tsv"))]
    try:
        done = subprocess.run(  # noqa: S603 – a program of the system, arguments of our own
            command,
            input=source.getvalue(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
            preexec_fn=die_with_parent,
        )
    except subprocess.TimeoutExpired:
        raise IntakeError(IntakeReason.TOOK_TOO_LONG, seconds=SECONDS) from None
    except OSError:
        raise IntakeError(IntakeReason.OCR_MISSING) from None
    if done.returncode != 0:
        missing = b"chi_sim" in done.stderr or b"couldn't load any languages" in done.stderr
        if missing and not arguments:
            raise IntakeError(IntakeReason.OCR_MISSING)
        if not arguments:
            raise IntakeError(IntakeReason.READER_FAILED)
    return done.stdout.decode("utf-8", "replace")


def die_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


def _turned(picture: Image.Image, tesseract: str) -> Image.Image | None:
    """The picture upright, if Tesseract says that it is not."""
    found = re.search(r"Rotate: (\d+)", _run(picture, tesseract, "--psm", "0"))
    degrees = int(found[1]) if found else 0
    return picture.rotate(-degrees, expand=True) if degrees in (90, 180, 270) else None


def _lines(table: str, offset: int) -> list[Line]:
    """Words of one line together; boxes counted from the top of the whole picture."""
    words: dict[tuple[int, int, int], list[dict]] = defaultdict(list)
    for row in csv.DictReader(io.StringIO(table), delimiter="\t", quoting=csv.QUOTE_NONE):
        text = (row.get("text") or "").strip()
        if row.get("level") != "5" or not text:
            continue
        try:
            word = {key: int(row[key]) for key in _NUMBERS}
            word |= {"text": text, "sure": round(float(row["conf"]))}
        except (TypeError, ValueError, KeyError):
            continue
        if word["sure"] >= NOISE or re.search(r"[\w\u4e00-\u9fff]{2}", text):
            words[word["block_num"], word["par_num"], word["line_num"]].append(word)
    return [_line(line, offset) for line in words.values()]


def _line(words: list[dict], offset: int) -> Line:
    pieces: list[Piece] = []
    for before, word in zip([None, *words], words, strict=False):
        if before is not None:
            gap = word["left"] - before["left"] - before["width"]
            height = max(word["height"], before["height"])
            if gap > 2.2 * height:
                pieces.append(Piece("\t"))
            elif needs_space(before["text"], word["text"]) and gap > 0.12 * height:
                pieces.append(Piece(" "))
        pieces.append(Piece(word["text"], sure=word["sure"]))
    heights = sorted(word["height"] for word in words)
    return Line(
        pieces,
        min(word["left"] for word in words),
        offset + min(word["top"] for word in words),
        max(word["left"] + word["width"] for word in words),
        offset + max(word["top"] + word["height"] for word in words),
        heights[int(0.8 * (len(heights) - 1))] or 1,
        row=any(piece.text == "\t" for piece in pieces),
    )
