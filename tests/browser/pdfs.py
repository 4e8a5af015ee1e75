"""Reading a finished PDF back."""

import ctypes
import unicodedata

import pypdfium2
import pypdfium2.raw as pdfium


class ReadPdf:
    def __init__(self, content):
        self.document = pypdfium2.PdfDocument(content)

    @property
    def pages(self):
        return len(self.document)

    @property
    def text(self):
        """All pages' text without white space, so that line breaks do not matter."""
        return flat("".join(page.get_textpage().get_text_range() for page in self.document))

    def fonts(self):
        """{font name: whether it is embedded} of all text in the document."""
        found = {}
        for page in self.document:
            for item in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_TEXT]):
                font = pdfium.FPDFTextObj_GetFont(item)
                found[_font_name(font)] = pdfium.FPDFFont_GetIsEmbedded(font) == 1
        return found


def flat(text):
    return "".join(unicodedata.normalize("NFKC", text).split())


def _font_name(font):
    buffer = ctypes.create_string_buffer(200)
    pdfium.FPDFFont_GetBaseFontName(font, buffer, 200)
    return buffer.value.decode("latin-1")
