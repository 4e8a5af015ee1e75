import json
import os
import sys
import textwrap
from datetime import date
from pathlib import Path, PurePosixPath

from django.core.management.base import BaseCommand

from checks.engine import (
    ENGINE_VERSION,
    ChecklistError,
    IntakeError,
    analyse,
    intake,
    load_checklist,
    load_shipped,
    read_document,
    to_json,
)
from checks.engine.entities import Scale, Severity, Verdict
from checks.rendering.sarif import SarifLog

MARKS = {
    Verdict.COMPLIANT: "✓",
    Verdict.PARTIAL: "◐",
    Verdict.NON_COMPLIANT: "✕",
    Verdict.NOT_APPLICABLE: "–",
    Verdict.UNDETERMINED: "?",
}
RANK = [Severity.CRITICAL, Severity.MAJOR, Severity.MINOR, Severity.ADVISORY]


def sources(paths):
    """(where, name, content) of every file: folders and archives are opened, what cannot be is an error in place."""
    for path in paths:
        if path.is_dir():
            yield from sources(sorted(p for p in path.rglob("*") if p.is_file() and not is_hidden(p, path)))
            continue
        try:
            content = path.read_bytes()
        except OSError as error:
            yield path, path.name, error
            continue
        if intake.media_type_of(content) != "application/zip":
            yield path, path.name, content
            continue
        try:
            for name, member in intake.archive_members(content):
                yield f"{path}/{name}", PurePosixPath(name.replace("\\", "/")).name, member
        except IntakeError as error:
            yield path, path.name, error


def is_hidden(path, folder):
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def in_words(error):
    """The reason and what belongs to it: ``too_many_pages pages=1200 limit=1000``."""
    return " ".join([error.reason.value, *(f"{name}={value}" for name, value in error.params.items())])


class Command(BaseCommand):
    help = (
        "Audit policy files without a database. Exit code 0: clean, 1: findings at or above --fail-on, 2: unreadable."
    )
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("files", nargs="+", type=Path, help="files, ZIP archives, and folders with all below them")
        parser.add_argument("--password", help="for PDF files that ask for one")
        parser.add_argument("--format", choices=["text", "json"], default="text")
        parser.add_argument("--sarif", type=Path, metavar="FILE", help="also write the gaps there as SARIF 2.1.0")
        parser.add_argument("--as-of", type=date.fromisoformat, default=date.today(), help="the law as of this day")
        parser.add_argument("--scale", choices=[scale.value for scale in Scale], default=Scale.STANDARD.value)
        parser.add_argument("--fail-on", choices=[severity.value for severity in RANK[:3]], default="minor")
        parser.add_argument("--checklist", type=Path, help="directory of a checklist version; default: the shipped one")

    def handle(self, *, files, as_of, scale, fail_on, checklist, **options):
        try:
            loaded = load_checklist(checklist) if checklist else load_shipped()
        except (ChecklistError, ValueError) as error:
            self.stderr.write(f"checklist: {error}")
            sys.exit(2)
        log = SarifLog(loaded.source, digest=loaded.digest, engine=ENGINE_VERSION)
        code = self.audit_all(loaded, log, files=files, as_of=as_of, scale=scale, fail_on=fail_on, **options)
        if options["sarif"] and not self.write_sarif(options["sarif"], log):
            code = 2
        if code:
            sys.exit(code)

    def audit_all(self, loaded, log, *, files, as_of, scale, fail_on, **options):
        """Audit, print and log each file; the exit code."""
        code = 0
        for path, name, content in sources(files):
            try:
                if isinstance(content, Exception):
                    raise content
                document = read_document(content, name=name, password=options["password"])
            except IntakeError as error:
                self.stderr.write(f"{path}: {in_words(error)}")
                log.fail(str(path), in_words(error))
                code = 2
                continue
            except OSError as error:
                self.stderr.write(f"{path}: {error.strerror}")
                log.fail(str(path), error.strerror or type(error).__name__)
                code = 2
                continue
            if document.warnings:
                self.stderr.write(f"{path}: {', '.join(f'{code} ({n})' for code, n in document.counts.items())}")
            analysis = analyse(document, loaded, as_of=as_of, scale=Scale(scale))
            log.add(str(path), text=document.text, media_type=document.media_type, result=to_json(analysis))
            try:
                self.print(analysis, loaded, options["format"])
            except BrokenPipeError:  # the reader, head for instance, has seen enough
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
                sys.exit(code)
            if all(finding.verdict is Verdict.UNDETERMINED for finding in analysis.findings):
                self.stderr.write(
                    f"{path}: nothing could be decided, the text is not Chinese or the checklist has no rules"
                )
                code = 2
            if code == 0 and any(self.fails(finding, fail_on) for finding in analysis.findings):
                code = 1
        return code

    def write_sarif(self, path, log):
        """Whether the file could be written; else standard error says why not."""
        try:
            path.write_text(json.dumps(log.finish(), ensure_ascii=False, indent=1), encoding="utf-8")
        except OSError as error:
            self.stderr.write(f"{path}: {error.strerror}")
            return False
        return True

    def print(self, analysis, checklist, form):
        if form == "json":
            self.stdout.write(json.dumps(to_json(analysis), ensure_ascii=False, separators=(",", ":")))
        else:
            self.show(analysis, checklist)
        self.stdout.flush()

    def fails(self, finding, fail_on):
        grave = RANK.index(finding.severity) <= RANK.index(Severity(fail_on))
        return grave and finding.verdict in (Verdict.PARTIAL, Verdict.NON_COMPLIANT)

    def show(self, analysis, checklist):
        write = self.stdout.write
        titles = {requirement.code: requirement.title_zh for requirement in checklist.requirements}
        write(f"{analysis.document.name}  {len(analysis.document.text)} characters  {analysis.document.sha256[:16]}")
        for finding in analysis.findings:
            title = f"{finding.code} {titles[finding.code]} [{finding.severity}]"
            write(f"{MARKS[finding.verdict]} {title} {finding.rationale}")
            for piece in finding.evidence:
                quote = textwrap.shorten(" ".join(piece.quote.split()), 110, placeholder="…")
                page = analysis.document.layout.page_at(piece.start)
                where = piece.clause if page is None else f"p. {page} {piece.clause}"
                write(f"    {where} [{piece.start}:{piece.end}] {quote}")
        write("")
