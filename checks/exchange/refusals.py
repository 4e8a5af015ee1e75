"""What is wrong with a file, as a code with its place: the screens put it into words."""

from __future__ import annotations


class Refused(ValueError):
    """A file that is not taken: ``file`` (or sheet), ``where`` in it, the reason's ``code``, what stood there."""

    def __init__(self, file: str, where: str, code: str, value: str = ""):
        self.file, self.where, self.code, self.value = file, where, code, str(value)[:200]
        super().__init__(": ".join(filter(None, [file, where, code, self.value])))


class RefusedAll(ValueError):
    """Everything that is wrong with a workbook, so that it can be mended in one go."""

    def __init__(self, refusals: list[Refused]):
        self.refusals = refusals
        super().__init__("\n".join(map(str, refusals)))
