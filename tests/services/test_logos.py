"""What may become a logo; whatever else a file holds or pretends to be is left behind or refused."""

import io
import struct
import zlib

import pytest
from PIL import Image, PngImagePlugin

from checks.services import logos
from checks.services.logos import LogoRefused, LogoTooDetailed, LogoTooLarge, logo_png


def picture(size=(300, 100), mode="RGB", kind="PNG", **saved):
    out = io.BytesIO()
    Image.new(mode, size, "#7a1f3d" if mode.startswith("RGB") else 90).save(out, kind, **saved)
    return out.getvalue()


def opened(content):
    return Image.open(io.BytesIO(content))


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_png_and_jpeg_become_png(kind):
    made = opened(logo_png(picture(kind=kind)))
    assert (made.format, made.size, made.mode) == ("PNG", (300, 100), "RGB")


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P", "L", "1", "CMYK"])
def test_any_kind_of_colour_will_do(mode):
    made = opened(logo_png(picture(mode=mode, kind="JPEG" if mode == "CMYK" else "PNG")))
    assert made.mode == ("RGBA" if mode in ("RGBA", "LA") else "RGB")


def test_a_large_picture_is_made_smaller_and_keeps_its_shape():
    assert opened(logo_png(picture((4000, 1000)))).size == (1200, 300)


def test_what_the_file_holds_besides_is_left_behind():
    told = PngImagePlugin.PngInfo()
    told.add_text("Comment", "<script>alert(1)</script>")
    content = picture(pnginfo=told) + b"PK\x03\x04 trailing archive"
    made = logo_png(content)
    assert b"script" not in made
    assert b"PK\x03\x04" not in made
    assert not opened(made).info


def test_the_way_a_photograph_is_held_is_kept():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    assert opened(logo_png(picture((300, 100), kind="JPEG", exif=exif))).size == (100, 300)


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'


@pytest.mark.parametrize(
    "content",
    [
        SVG,
        b"",
        b"GIF89a",
        picture(kind="GIF"),
        picture(kind="WEBP"),
        picture(kind="TIFF"),
        picture(kind="BMP"),
        b"%PDF-1.7 1 0 obj",
        picture()[:60],
        picture(kind="JPEG")[:100],
        b"\x89PNG\r\n\x1a\n" + b"\x00" * 40,
        b"\x89PNG\r\n\x1a\n" + SVG,
    ],
)
def test_anything_else_is_refused(content):
    with pytest.raises(LogoRefused):
        logo_png(content)


def test_a_bomb_is_refused_by_its_size_before_it_is_unpacked():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    bomb = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100_000)) + chunk(b"IEND", b"")
    with pytest.raises(LogoRefused):
        logo_png(bomb)
    with pytest.raises(LogoTooLarge):
        logo_png(b"\x89PNG" + b"\0" * logos.UPLOAD_BYTES)


def test_noise_is_no_logo():
    noise = Image.effect_noise((1200, 400), 90).convert("RGB")
    out = io.BytesIO()
    noise.save(out, "JPEG")
    with pytest.raises(LogoTooDetailed):
        logo_png(out.getvalue())
