"""How many pages a PDF made here has, read back from its bytes, so that what is stored is what was printed."""

import re
import zlib

_STREAM = re.compile(rb"/Type\s*/ObjStm.*?stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
_PAGE = re.compile(rb"/Type\s*/Page(?![A-Za-z])")


def page_count(pdf: bytes) -> int:
    """The number of page objects, whether they are written out or packed into object streams."""
    packed = b"".join(zlib.decompress(stream) for stream in _STREAM.findall(pdf))
    return len(_PAGE.findall(pdf)) + len(_PAGE.findall(packed))
