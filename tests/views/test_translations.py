"""Every sentence of the interface exists in Chinese, and says with it what the English one says."""

import ast
import re
import shutil
import subprocess

import pytest
from django.conf import settings
from django.utils.translation import templatize

CATALOGUE = settings.BASE_DIR / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
KEYWORDS = (
    "gettext", "gettext_lazy", "gettext_noop", "ngettext:1,2", "ngettext_lazy:1,2",
    "pgettext:1c,2", "pgettext_lazy:1c,2", "npgettext:1c,2,3", "npgettext_lazy:1c,2,3",
)  # fmt: skip
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")


def entries(text):
    """``{(context, msgid): entry}`` of a catalogue; an entry has msgid_plural, msgstr and flags."""
    found = {}
    for block in re.split(r"\n\s*\n", text):
        entry, current = {"flags": set()}, None
        for line in block.splitlines():
            if line.startswith("#~"):
                break
            if line.startswith("#,"):
                entry["flags"].update(flag.strip() for flag in line[2:].split(","))
            elif match := re.match(r'(msg\w+(?:\[\d\])?)\s+(".*")$', line):
                current = match[1]
                entry[current] = ast.literal_eval(match[2])
            elif line.startswith('"'):
                entry[current] += ast.literal_eval(line)
        if entry.get("msgid"):
            found[entry.get("msgctxt", ""), entry["msgid"]] = entry
    return found


@pytest.fixture(scope="module")
def catalogue():
    return entries(CATALOGUE.read_text("utf-8"))


@pytest.fixture(scope="module")
def used(tmp_path_factory):
    """What the source asks to be translated, extracted afresh as makemessages does it."""
    if not shutil.which("xgettext"):
        pytest.fail("xgettext is missing: make setup installs the package gettext")
    folder = tmp_path_factory.mktemp("messages")
    files = []
    for top in ("checks", "policyaudit"):
        files += sorted((settings.BASE_DIR / top).rglob("*.py"))
    for template in sorted((settings.BASE_DIR / "templates").rglob("*.html")):
        copy = folder / f"{len(files)}.py"
        copy.write_text(templatize(template.read_text("utf-8")), "utf-8")
        files.append(copy)
    command = ["xgettext", "--language=Python", "--from-code=UTF-8", "--add-comments=Translators", "--output=-"]
    command += [f"--keyword={keyword}" for keyword in ("_", *KEYWORDS)]
    done = subprocess.run([*command, *map(str, files)], capture_output=True, text=True, check=True)
    return entries(done.stdout)


def test_there_is_something_to_translate(used):
    assert len(used) > 300


def test_every_message_has_a_chinese_translation(used, catalogue):
    missing = [key for key in used if not translated(catalogue.get(key))]
    assert not missing, "translate these in locale/zh_Hans/LC_MESSAGES/django.po"


def test_no_message_hides_from_makemessages():
    """It knows the functions by their names: under another name their messages are not collected."""
    alias = re.compile(r"import .*gettext\w* as (?!_\b)")
    files = (settings.BASE_DIR / "checks").rglob("*.py")
    assert not [file for file in files if alias.search(file.read_text("utf-8"))]


def test_the_catalogue_holds_nothing_that_is_not_used(used, catalogue):
    assert not set(catalogue) - set(used)


def test_translations_keep_the_placeholders(catalogue):
    wrong = []
    for key, entry in catalogue.items():
        if not translated(entry):
            continue
        said = set(PLACEHOLDER.findall(entry.get("msgstr", "") + entry.get("msgstr[0]", "")))
        possible = {frozenset(PLACEHOLDER.findall(entry["msgid"]))}
        possible.add(frozenset(PLACEHOLDER.findall(entry.get("msgid_plural", entry["msgid"]))))
        if said not in possible:
            wrong.append(key)
    assert not wrong


def test_the_catalogue_compiles(tmp_path):
    command = ["msgfmt", "--check-format", "--check-domain", "-o", str(tmp_path / "django.mo"), str(CATALOGUE)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_chinese_is_written_as_chinese(catalogue):
    """No half-width punctuation between Chinese characters: it would look typed by a machine."""
    wrong = re.compile(r"[\u4e00-\u9fff][,;:?!]|[\u4e00-\u9fff]\.(?:\s|$)|[\u4e00-\u9fff]\([^)]*[\u4e00-\u9fff]")
    found = [key for key, entry in catalogue.items() if wrong.search(entry.get("msgstr") or entry.get("msgstr[0]", ""))]
    assert not found


def translated(entry):
    return bool(entry) and "fuzzy" not in entry["flags"] and bool(entry.get("msgstr") or entry.get("msgstr[0]"))
