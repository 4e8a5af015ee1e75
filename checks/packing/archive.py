"""A package as a ZIP file: written the same way each time, and read as if an enemy had made it.

Nothing is unpacked to disk, so names lead nowhere; they are still held against the few that there can be.
"""

from __future__ import annotations

import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterable

from ..rendering.digests import canonical_json, digest

FORMAT = "policyaudit-engagement"
SCHEMA = 1
MANIFEST = "manifest.json"
README = "README.txt"
MEGABYTE = 1024 * 1024
MAX_PACKAGE = 1024 * MEGABYTE
MAX_MEMBERS = 20_000
MAX_MEMBER = 256 * MEGABYTE
MAX_TOTAL = 2048 * MEGABYTE
MAX_MANIFEST = 8 * MEGABYTE
MAX_RATIO = 200  # times its packed size; text reaches about ten, a file of equal bytes a thousand
BLOCK = 1024 * 1024
NAME = re.compile(r"manifest\.json|README\.txt|rows/[a-z_]{1,40}\.json|files/[0-9a-f]{64}")
WHEN = (1980, 1, 1, 0, 0, 0)  # the same content gives the same bytes
_ENCRYPTED = 0x1
TEXT = """This is an engagement exported from PolicyAudit.

manifest.json  what this package is, who made it and when, and the SHA-256 of every other member
rows/          one JSON file per table; rows refer to each other by their number in the file, from 1
files/         originals of policies and issued reports as PDF, each named by the SHA-256 of its bytes

Import it in PolicyAudit, or check it with any tool: docs/exports.md describes every member.
"""


class BadPackage(Exception):
    """Why a file is not taken: ``reason`` is a name, ``params`` fill the sentence about it."""

    def __init__(self, reason: str, **params):
        super().__init__(reason, params)
        self.reason, self.params = reason, params


class PackageWriter:
    """Members are added one by one; ``finish`` writes the manifest and returns it."""

    def __init__(self, target):
        self.archive = zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED)
        self.members: dict[str, dict] = {}

    def add_rows(self, table: str, rows: list[dict]) -> None:
        self._write(f"rows/{table}.json", canonical_json(rows))

    def add_file(self, content: bytes) -> str:
        """The file under its digest, once however often it occurs; returns the digest."""
        name = hashlib.sha256(content).hexdigest()
        if f"files/{name}" not in self.members:
            self._write(f"files/{name}", content)
        return name

    def finish(self, **about) -> dict:
        """``about`` goes into the manifest, where it does not change the content's digest."""
        self._write(README, TEXT.encode())
        manifest = {
            "format": FORMAT,
            "schema": SCHEMA,
            **about,
            "content": content_digest(self.members),
            "members": self.members,
        }
        self._put(MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True).encode())
        self.archive.close()
        return manifest

    def _write(self, name, content):
        self.members[name] = {"sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)}
        self._put(name, content)

    def _put(self, name, content):
        entry = zipfile.ZipInfo(name, WHEN)
        entry.compress_type, entry.external_attr = _way(content), 0o600 << 16
        self.archive.writestr(entry, content)


def _way(content):
    """What shrinks so far that a reader would take it for a bomb goes in as it is."""
    if len(content) > MEGABYTE and len(zlib.compress(content, 1)) * MAX_RATIO < 2 * len(content):
        return zipfile.ZIP_STORED
    return zipfile.ZIP_DEFLATED


def content_digest(members: dict[str, dict]) -> str:
    """One digest for all rows and files, whoever exported them and when."""
    return digest({name: member["sha256"] for name, member in members.items() if name != README})


class PackageReader:
    """A package whose every member has been held against the manifest. Raises BadPackage."""

    def __init__(self, source, tables: Iterable[str]):
        try:
            self.archive = zipfile.ZipFile(source)
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError, OSError):
            raise BadPackage("no_zip") from None
        self.entries = _entries(self.archive.infolist())
        self.manifest = self._manifest()
        self._check_members({f"rows/{table}.json" for table in tables})

    def rows(self, table: str) -> list[dict]:
        """The rows of a table: a list of objects."""
        rows = _json(self._read(f"rows/{table}.json"), table)
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise BadPackage("rows", table=table)
        return rows

    def file(self, name) -> bytes:
        """A file by its digest."""
        if not isinstance(name, str) or f"files/{name}" not in self.entries:
            raise BadPackage("file_missing", name=str(name)[:80])
        return self._read(f"files/{name}")

    def _manifest(self):
        entry = self.entries.get(MANIFEST)
        if entry is None or entry.file_size > MAX_MANIFEST:
            raise BadPackage("no_manifest")
        manifest = _json(self._read(MANIFEST), "manifest")
        if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
            raise BadPackage("no_manifest")
        if manifest.get("schema") != SCHEMA:
            raise BadPackage("schema", schema=str(manifest.get("schema"))[:20])
        members = manifest.get("members")
        if not isinstance(members, dict) or not all(
            isinstance(member, dict) and isinstance(member.get("sha256"), str) for member in members.values()
        ):
            raise BadPackage("no_manifest")
        return manifest

    def _check_members(self, rows):
        """The archive holds exactly what the manifest lists, every table, and nothing that was changed."""
        listed, there = set(self.manifest["members"]), set(self.entries) - {MANIFEST}
        if odd := sorted(listed ^ there) or sorted(rows - there):
            raise BadPackage("members", name=odd[0][:80])
        if unknown := sorted(name for name in there if name.startswith("rows/") and name not in rows):
            raise BadPackage("unknown_member", name=unknown[0])
        for name in sorted(there):
            found = self._digest(name)
            if found != self.manifest["members"][name]["sha256"] or (name.startswith("files/") and found != name[6:]):
                raise BadPackage("digest", name=name)
        if content_digest(self.manifest["members"]) != self.manifest.get("content"):
            raise BadPackage("digest", name=MANIFEST)

    def _digest(self, name):
        found = hashlib.sha256()
        for block in self._blocks(name):
            found.update(block)
        return found.hexdigest()

    def _read(self, name):
        return b"".join(self._blocks(name))

    def _blocks(self, name):
        """The member's bytes; what is longer than its header says is cut off by the library and fails its checksum."""
        entry, left = self.entries[name], MAX_MEMBER
        try:
            with self.archive.open(entry) as source:
                while block := source.read(BLOCK):
                    left -= len(block)
                    if left < 0:
                        raise BadPackage("too_large", name=name)
                    yield block
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError, NotImplementedError, RuntimeError):
            raise BadPackage("damaged", name=name) from None


def _entries(infos):
    """The archive's directory by name, held against every limit before a byte is unpacked."""
    if len(infos) > MAX_MEMBERS:
        raise BadPackage("too_many", limit=MAX_MEMBERS)
    entries = {}
    for info in infos:
        if not NAME.fullmatch(info.filename) or info.is_dir():
            raise BadPackage("unknown_member", name=info.filename[:80])
        if info.filename in entries:
            raise BadPackage("twice", name=info.filename)
        if info.flag_bits & _ENCRYPTED or info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise BadPackage("damaged", name=info.filename)
        if info.file_size > MAX_MEMBER or info.file_size > MEGABYTE + MAX_RATIO * info.compress_size:
            raise BadPackage("too_large", name=info.filename)
        entries[info.filename] = info
    if sum(info.file_size for info in infos) > MAX_TOTAL:
        raise BadPackage("too_large", name="ZIP")
    return entries


def _json(content, what):
    try:
        return json.loads(content, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise BadPackage("rows", table=what) from None


def _no_constant(name):
    raise ValueError(name)
