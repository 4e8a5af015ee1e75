""".doc, .odt and .rtf: LibreOffice makes a Word file of them, which is then read like any other."""

from __future__ import annotations

import subprocess
from pathlib import Path

from .docx import read_docx
from .extract import Extract
from .ocr import die_with_parent
from .refusals import IntakeError, IntakeReason
from .sniffing import CONVERTED, RTF

SECONDS = 100
# No macros, no links followed, and a proxy that nobody answers, so that nothing is fetched from outside.
SETTINGS = (
    ("Office.Common/Security/Scripting", "MacroSecurityLevel", "3"),
    ("Office.Common/Security/Scripting", "DisableMacrosExecution", "true"),
    ("Office.Common/Security/Scripting", "BlockUntrustedRefererLinks", "true"),
    ("Office.Writer/Content/Update", "Link", "2"),
    ("Inet/Settings", "ooInetProxyType", "1"),
    ("Inet/Settings", "ooInetHTTPProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPProxyPort", "9"),
    ("Inet/Settings", "ooInetHTTPSProxyName", "127.0.0.1"),
    ("Inet/Settings", "ooInetHTTPSProxyPort", "9"),
)


def read_office(content: bytes, media_type: str, soffice: str) -> Extract:
    """Convert in the current folder, which the sandbox made and removes. Raises IntakeError."""
    _refuse_nesting(content, media_type)
    folder = Path.cwd()
    settings = folder / "profile" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(_settings(), "utf-8")
    source = folder / f"policy.{CONVERTED[media_type]}"
    source.write_bytes(content)
    command = [
        soffice,
        f"-env:UserInstallation={(folder / 'profile').as_uri()}",
        "--headless",
        "--norestore",
        "--nolockcheck",
        "--convert-to",
        "docx:MS Word 2007 XML",
        "--outdir",
        str(folder / "out"),
        str(source),
    ]
    try:
        subprocess.run(  # noqa: S603 – a program of the system; the file's name is ours
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=SECONDS,
            check=False,
            preexec_fn=die_with_parent,
        )
    except subprocess.TimeoutExpired:
        raise IntakeError(IntakeReason.TOOK_TOO_LONG, seconds=SECONDS) from None
    except OSError:
        raise IntakeError(IntakeReason.CONVERTER_MISSING, media_type=media_type) from None
    converted = folder / "out" / "policy.docx"
    if not converted.exists():
        raise IntakeError(IntakeReason.DAMAGED, media_type=media_type)
    extract = read_docx(converted.read_bytes())
    extract.media_type = media_type
    extract.notices["converted"] = 1
    return extract


def _settings() -> str:
    items = "".join(
        f'<item oor:path="/org.openoffice.{path}"><prop oor:name="{name}"><value>{value}</value></prop></item>'
        for path, name, value in SETTINGS
    )
    return f'<oor:items xmlns:oor="http://openoffice.org/2001/registry">{items}</oor:items>'


def _refuse_nesting(content: bytes, media_type: str) -> None:
    """Braces of RTF nest; LibreOffice follows them by calling itself."""
    if media_type != RTF:
        return
    depth = deepest = 0
    for byte in content:
        if byte == 0x7B:
            depth += 1
            deepest = max(deepest, depth)
        elif byte == 0x7D:
            depth -= 1
    if deepest > 500:
        raise IntakeError(IntakeReason.TOO_DEEP, limit=500)
