"""An uploaded logo → a small PNG that is our own work: what the file held besides its picture is left behind."""

import io
import warnings

from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

from .errors import ServiceError

UPLOAD_BYTES = 2 * 1024 * 1024
PIXELS = 16_000_000  # a logo is no poster; a bomb is refused before it is unpacked
BOX = (1200, 400)  # enough for print at the size a report shows it
PNG_BYTES = 200 * 1024  # every issued report carries the logo in its data


class LogoRefused(ServiceError):
    """``field`` is the form's field that is to blame."""

    field = "logo"
    text = _("This picture cannot be used as a logo. Choose a PNG or JPEG file.")


class LogoTooLarge(LogoRefused):
    text = _("The picture is too large: at most 2 MB and 16 million pixels.")


class LogoTooDetailed(LogoRefused):
    text = _("The picture holds too much detail for a logo. Choose a plainer or a smaller one.")


def logo_png(content):
    """The picture of a PNG or JPEG file as PNG bytes, no larger than ``BOX``. Raises LogoRefused.

    Only Pillow's two readers are asked, whatever the file calls itself; profiles, texts and further frames are dropped.
    """
    if len(content) > UPLOAD_BYTES:
        raise LogoTooLarge
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        picture = _read(content)
    picture.thumbnail(BOX)
    made = _written(picture)
    if len(made) > PNG_BYTES:
        picture.thumbnail((BOX[0] // 2, BOX[1] // 2))
        made = _written(picture)
    if len(made) > PNG_BYTES:
        raise LogoTooDetailed
    return made


def _read(content):
    # WeasyPrint tells Pillow to put up with files that break off; a logo is whole or no logo.
    if content.startswith(b"\xff\xd8") and b"\xff\xd9" not in content:
        raise LogoRefused
    try:
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as opened:
            opened.verify()
        with Image.open(io.BytesIO(content), formats=("PNG", "JPEG")) as opened:
            if opened.width * opened.height > PIXELS:
                raise LogoTooLarge
            upright = ImageOps.exif_transpose(opened)
            transparent = "transparency" in upright.info or upright.mode in ("RGBA", "LA", "PA")
            return upright.convert("RGBA" if transparent else "RGB")
    except LogoRefused:
        raise
    except Exception as error:  # Pillow's readers fail in many ways on damaged files
        raise LogoRefused from error


def _written(picture):
    clean = Image.new(picture.mode, picture.size)
    clean.paste(picture)
    out = io.BytesIO()
    clean.save(out, "PNG", optimize=True)
    return out.getvalue()
