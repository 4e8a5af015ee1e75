"""A checklist as one file that goes from one installation to another: a ZIP of its YAML files, or JSON.

Both carry the digest of the content, so that a copy can prove to be the original.
"""

from __future__ import annotations

import io
import json
import zipfile
from dataclasses import dataclass
from pathlib import PurePosixPath

from .refusals import Refused
from .yaml_files import HEAD, LARGEST_FILE, read_files, write_files

FORMAT, SCHEMA = "policyaudit-checklist", 1
MANIFEST = "manifest.json"
MOST_FILES = 2100
LARGEST_CONTENT = 30_000_000  # of all files of a package together, unpacked
DEEPEST = 12
_DAY = (2020, 1, 1, 0, 0, 0)  # the same content gives the same package


@dataclass(frozen=True)
class Package:
    """What was read: the content, and the digest the package claims for it ("" for none)."""

    source: dict
    digest: str = ""


def write_zip(source: dict, digest: str) -> bytes:
    """The files in a folder named after the checklist, with a manifest."""
    folder = f"{_name(source['slug'])}-{_name(source['version'])}"
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, text in {MANIFEST: _json(_manifest(source, digest)), **write_files(source)}.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}", _DAY)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, text.encode())
    return made.getvalue()


def read_zip(content: bytes) -> Package:
    """The checklist in a ZIP: its files at the top or in one folder. Raises Refused; nothing is unpacked to a disk."""
    files = unpack(content)
    manifest = files.pop(MANIFEST, None)
    return Package(read_files(files), _claimed(_loads(manifest, MANIFEST), MANIFEST) if manifest else "")


def unpack(content: bytes) -> dict[str, bytes]:
    """File name → bytes, without the one folder they may lie in. Raises Refused for what no checklist would hold."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [entry for entry in archive.infolist() if not _ignored(entry)]
            if len(entries) > MOST_FILES:
                raise Refused("ZIP", "", "too_many_files", len(entries))
            if sum(entry.file_size for entry in entries) > LARGEST_CONTENT:
                raise Refused("ZIP", "", "content_too_large")
            folder = _folder([PurePosixPath(entry.filename) for entry in entries])
            found: dict[str, bytes] = {}
            for entry in entries:
                name = _file_name(entry, folder)
                if name in found:
                    raise Refused(name, "", "file_twice")
                found[name] = archive.read(entry)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        if isinstance(error, Refused):
            raise
        raise Refused("ZIP", "", "not_zip", error) from error
    except Exception as error:  # zlib and the other decompressors have errors of their own
        raise Refused("ZIP", "", "not_zip", error) from error
    return found


def _ignored(entry: zipfile.ZipInfo) -> bool:
    """Folders, and what file managers leave behind."""
    name = PurePosixPath(entry.filename)
    return entry.is_dir() or "__MACOSX" in name.parts or name.name in (".DS_Store", "Thumbs.db", "accuracy.json")


def _folder(paths: list[PurePosixPath]) -> PurePosixPath:
    """Where ``checklist.yaml`` lies; the other files must lie beside it."""
    heads = [path.parent for path in paths if path.name == HEAD]
    if not heads:
        raise Refused("ZIP", "", "no_checklist_yaml")
    if len(heads) > 1:
        raise Refused("ZIP", "", "several_checklists")
    return heads[0]


def _file_name(entry: zipfile.ZipInfo, folder: PurePosixPath) -> str:
    path = PurePosixPath(entry.filename)
    if path.is_absolute() or ".." in path.parts or "\\" in entry.filename or ":" in entry.filename:
        raise Refused(entry.filename, "", "bad_path")
    if path.parent != folder or (path.suffix != ".yaml" and path.name != MANIFEST):
        raise Refused(entry.filename, "", "strange_file")
    if entry.flag_bits & 1:
        raise Refused(entry.filename, "", "encrypted")
    if entry.file_size > LARGEST_FILE:
        raise Refused(entry.filename, "", "file_too_large")
    return path.name


def write_json(source: dict, digest: str) -> bytes:
    """The content as the loader reads it, with its digest beside it."""
    return _json({**_manifest(source, digest), "checklist": source}).encode()


def read_json(content: bytes) -> Package:
    """What ``write_json`` wrote. Raises Refused."""
    if len(content) > LARGEST_CONTENT:
        raise Refused("JSON", "", "content_too_large")
    loaded = _loads(content, "JSON")
    digest = _claimed(loaded, "JSON")
    if unknown := set(loaded) - {"format", "schema", "slug", "version", "digest", "checklist"}:
        raise Refused("JSON", sorted(unknown)[0], "unknown_key")
    if not isinstance(loaded.get("checklist"), dict):
        raise Refused("JSON", "checklist", "keys_expected")
    return Package(loaded["checklist"], digest)


def _manifest(source: dict, digest: str) -> dict:
    about = {"format": FORMAT, "schema": SCHEMA, "slug": source["slug"], "version": source["version"]}
    return {**about, "digest": digest}


def _claimed(manifest: dict, file: str) -> str:
    if manifest.get("format") != FORMAT:
        raise Refused(file, "format", "not_a_checklist", str(manifest.get("format")))
    if manifest.get("schema") != SCHEMA:
        raise Refused(file, "schema", "unknown_schema", str(manifest.get("schema")))
    digest = manifest.get("digest", "")
    if not isinstance(digest, str):
        raise Refused(file, "digest", "text_expected", digest)
    return digest.strip().lower()


def _loads(content: bytes, file: str) -> dict:
    try:
        text = content.decode("utf-8-sig")
        _refuse_depth(text, file)
        loaded = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except UnicodeDecodeError as error:
        raise Refused(file, "", "not_utf8") from error
    except json.JSONDecodeError as error:
        raise Refused(file, f"{error.lineno}:{error.colno}", "not_json", error.msg) from error
    except Refused:
        raise
    except (ValueError, RecursionError) as error:
        raise Refused(file, "", "not_json", error) from error
    if not isinstance(loaded, dict):
        raise Refused(file, "", "keys_expected")
    return loaded


def _refuse_depth(text: str, file: str):
    """Content is seven levels deep at most; thousands of brackets are nobody's checklist."""
    depth, quoted, escaped = 0, False, False
    for sign in text:
        if quoted:
            escaped, quoted = sign == "\\" and not escaped, sign != '"' or escaped
        elif sign == '"':
            quoted = True
        elif sign in "[{":
            depth += 1
            if depth > DEEPEST:
                raise Refused(file, "", "too_deep")
        elif sign in "]}":
            depth -= 1


def _once(pairs):
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("the same key twice")
    return found


def _no_constant(name):
    raise ValueError(f"{name} is no number")


def _name(text) -> str:
    return "".join(sign if sign.isalnum() or sign in "-_." else "-" for sign in str(text)).strip(".") or "checklist"


def _json(content: dict) -> str:
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"
