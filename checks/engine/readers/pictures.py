"""Scans and screenshots: PNG, JPEG, WebP, BMP and TIFF, each frame a page."""

from __future__ import annotations

import io
from functools import partial

from PIL import Image, ImageOps, UnidentifiedImageError

from .extract import Extract, Writer
from .lines import write_pages
from .ocr import recognise
from .refusals import IntakeError, IntakeReason

MAX_PIXELS = 80_000_000  # of one picture: a phone's screen 50,000 rows long
MAX_FRAMES = 200
FORMATS = {
    "image/png": "PNG",
    "image/jpeg": "JPEG",
    "image/webp": "WEBP",
    "image/bmp": "BMP",
    "image/tiff": "TIFF",
}
LEAST_SIDE = 24  # pixels; nothing can be read in less


def read_picture(content: bytes, media_type: str, *, tesseract: str, progress) -> Extract:
    """Read a picture by OCR. Its size is looked at before it is unpacked. Raises IntakeError."""
    Image.MAX_IMAGE_PIXELS = None  # our own limit, below, has a name
    damaged = IntakeError(IntakeReason.DAMAGED, media_type=media_type)
    writer, pages = Writer(), []
    try:
        with Image.open(io.BytesIO(content), formats=[FORMATS[media_type]]) as picture:
            frames = getattr(picture, "n_frames", 1)
            if frames > MAX_FRAMES:
                raise IntakeError(IntakeReason.TOO_MANY_PAGES, pages=frames, limit=MAX_FRAMES)
            for frame in range(frames):
                picture.seek(frame)
                _refuse_size(picture)
                # Of a single picture the strips are what takes time; of several, the pictures.
                step = progress if frames == 1 else partial(_still_at, progress, frame, frames)
                pages.append(recognise(ImageOps.exif_transpose(picture), tesseract, writer, step))
            if frames > 1:
                progress(frames, frames)
    except IntakeError:
        raise
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, Image.DecompressionBombError):
        raise damaged from None
    write_pages(pages, writer)
    return writer.extract(media_type)


def _still_at(progress, done: int, total: int, _strip: int, _strips: int) -> None:
    progress(done, total)


def _refuse_size(picture: Image.Image) -> None:
    pixels = picture.width * picture.height
    if pixels > MAX_PIXELS:
        raise IntakeError(IntakeReason.TOO_MANY_PIXELS, megapixels=pixels // 1_000_000, limit=MAX_PIXELS // 1_000_000)
    if min(picture.size) < LEAST_SIDE:
        raise IntakeError(IntakeReason.NO_TEXT)
