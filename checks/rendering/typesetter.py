"""One report set by Typst, in a process of its own: a job as JSON on standard input, the PDF on standard output.

Typst remembers what it set before, hundreds of megabytes of it, and a process gives all of that back when it ends.
"""

import io
import json
import sys
from datetime import datetime

import pikepdf
import typst


def main() -> int:
    job = json.load(sys.stdin.buffer)
    try:
        made = set_pages(job)
    except typst.TypstError as error:
        sys.stderr.write(f"{error.message}\n{error.diagnostic}")
        return 1
    sys.stdout.buffer.write(packed(made))
    return 0


def set_pages(job: dict) -> bytes:
    """The PDF of the template ``job["main"]`` in the folder ``job["root"]``, outside which nothing can be opened."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[job["fonts"]])
    compiler = typst.Compiler(
        input=job["main"],
        root=job["root"],
        font_paths=fonts,
        ignore_system_fonts=True,
        package_path=job["root"],
        package_cache_path=job["root"],
    )
    return compiler.compile(
        format="pdf",
        sys_inputs=job["inputs"],
        pdf_standards=[job["standard"]],
        timestamp=datetime.fromisoformat(job["at"]),
    )


def packed(pdf: bytes) -> bytes:
    """The same document with its many small objects in compressed streams: a third smaller, for the tags above all."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(
            target,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            deterministic_id=True,
            fix_metadata_version=False,
        )
    return target.getvalue()


if __name__ == "__main__":
    sys.exit(main())
