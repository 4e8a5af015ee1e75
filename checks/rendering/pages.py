"""How many pages a PDF made here has, read back from its bytes, so that what is stored is what was printed."""

from pypdfium2 import PdfDocument


def page_count(pdf: bytes) -> int:
    """The number of pages."""
    document = PdfDocument(pdf)
    try:
        return len(document)
    finally:
        document.close()
