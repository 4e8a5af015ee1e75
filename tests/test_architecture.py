"""Who may import whom. The picture is in docs/architecture.md; here it is enforced, by reading every import."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CHECKS = ROOT / "checks"

# What a part may import from the other parts of checks. Longer names are looked up first; a part may import itself.
PARTS = {
    "engine": set(),
    "models": {"engine.entities"},
    "exchange": {"engine"},
    "standing": set(),
    "prepared": set(),
    "selectors": {"models", "prepared", "standing"},
    "teamwork": {"models", "prepared"},
    "issued": {"models"},
    "agreement": set(),
    "terms": set(),
    "comparing": set(),
    "permissions": {"models", "prepared"},
    "admin": {"models", "services"},
    "highlights": set(),
    "accuracy": {"engine"},
    "accuracy_card": set(),
    "calibration": {"accuracy"},
    "forms": {"models", "selectors"},
    "rendering": {
        "models",
        "selectors",
        "standing",
        "engine.entities",
        "terms",
        "accuracy_card",
    },  # what makes data; what sets pages knows only data
    "rendering.pdf": {"rendering.typesetting", "rendering.press"},
    "rendering.press": {"rendering.attached", "rendering.glyphs"},
    "rendering.glyphs": set(),
    "rendering.typesetter": set(),  # runs in a process of its own
    "rendering.views": {"engine.entities", "terms"},
    "rendering.attached": {"rendering.digests"},
    "rendering.typesetting": set(),
    "rendering.pages": set(),
    "rendering.changes": set(),
    "rendering.checking": {"rendering.attached", "rendering.digests", "rendering.glyphs"},
    "rendering.digests": set(),
    "packing": {"models", "selectors", "rendering.digests"},
    "corpora": {"models"},
    "field_health": {"models", "accuracy"},
    "services": {
        "engine",
        "exchange",
        "packing",
        "models",
        "selectors",
        "standing",
        "teamwork",
        "issued",
        "rendering",
        "comparing",
        "corpora",
        "accuracy",
    },
    "views": {
        "forms",
        "services",
        "selectors",
        "standing",
        "teamwork",
        "issued",
        "agreement",
        "comparing",
        "permissions",
        "models",
        "rendering",
        "highlights",
        "accuracy_card",
        "templatetags",
        "terms",
        "corpora",
        "field_health",
    },
    "templatetags": {"models", "selectors", "teamwork", "permissions", "highlights", "rendering.words", "terms"},
    "management": {
        "engine",
        "services",
        "selectors",
        "models",
        "rendering",
        "demo",
        "accuracy",
        "accuracy_card",
        "calibration",
    },
    "demo": {"services", "selectors", "models"},
    "urls": {"views"},
    "apps": set(),
    "migrations": {"models"},
}

# Inside the engine a module imports only what stands before it; these few are held to less.
ENGINE_ORDER = [
    "entities", "normal", "details", "pinyin", "conditions", "readers", "intake", "printed", "tidy", "blocks", "outline", "polarity",
    "rules", "topics",
    "trie", "spans", "matching", "nearmisses",
    "factsheet", "passages", "purposes", "parties", "contacts", "dates", "periods", "contents", "numbering",
    "readability", "sdk_columns", "sdks", "items", "third_parties", "storage", "garbled", "facts", "checklist",
    "findings", "examples", "laboratory", "whynot", "synonyms", "effects", "kinds", "likeness",
    # the views over a policy
    "vague", "tables", "labelled", "matrix", "sdktable", "permissiontable", "recipients",
    "deadlines", "timeline", "contradictions", "policyviews",
]  # fmt: skip
ENGINE_CLOSE = {
    "entities": set(),
    "readers": {"readers"},  # they load in a process of their own, without the rest of the engine
    "intake": {"entities", "normal", "readers"},
    "printed": {"readers"},
    "tidy": {"normal"},
    "blocks": {"entities"},
    "outline": {"entities", "blocks", "tidy"},
    "rules": {"entities", "normal", "details"},
    "topics": {"entities", "normal"},
    "polarity": set(),
    "trie": set(),
    "spans": {"rules", "trie"},
    "matching": {"entities", "normal", "details", "polarity", "rules", "spans", "topics"},
}
ENGINE_PACKAGES = {"yaml", "numpy", "jieba", "rjieba", "ahocorasick_rs", "orjson"}
FILE_READERS = {"selectolax", "charset_normalizer", "defusedxml", "pypdfium2", "PIL"}  # in the readers alone
# No network, no clock, no chance, no other process: same input, same output, on any machine.
IMPURE = {
    "random",
    "secrets",
    "socket",
    "ssl",
    "http",
    "urllib",
    "subprocess",
    "time",
    "uuid",
    "sqlite3",
    "asyncio",
    "threading",
}
# Parsers that could crash or hang run elsewhere, and so do Tesseract and LibreOffice (decision 14).
STARTS_PROCESSES = {
    "checks.engine.readers.sandbox": {"subprocess", "time"},
    "checks.engine.readers.ocr": {"subprocess"},
    "checks.engine.readers.office": {"subprocess"},
}
MODEL_ORDER = [
    "append_only",
    "freezing",
    "engagement",
    "package",
    "activity",
    "policy",
    "checklist",
    "studio",
    "instrument",
    "tailoring",
    "upload",
    "audit",
    "laboratory",
    "intake",
    "evidence",
    "observation",
    "review",
    "second",
    "notification",
    "house",
    "report",
    "issuing",
]
NAMELESS = {"utils", "util", "helpers", "common", "misc", "tools", "base", "core", "lib"}


def modules(folder=CHECKS):
    return [path for path in sorted(folder.rglob("*.py")) if "__pycache__" not in path.parts]


def module_name(path):
    name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    return name.removesuffix(".__init__")


def imports_of(path, source=None):
    """The absolute names of everything the file imports, inside functions too.

    ``from x import y`` counts as x.y when that is a module of ours, else as x.
    """
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(source or path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else ()
            base = ".".join([*above, *filter(None, [node.module])])
            yield from (_module_or_member(base, alias.name) for alias in node.names)


def _module_or_member(base, name):
    place = ROOT.joinpath(*base.split("."), name)
    return f"{base}.{name}" if place.with_suffix(".py").exists() or (place / "__init__.py").exists() else base


def part_of(name):
    """The longest part that the module belongs to: checks.rendering.pdf is rendering.pdf, not rendering."""
    inside = name.removeprefix("checks.")
    fitting = [part for part in PARTS if inside == part or inside.startswith(part + ".")]
    return max(fitting, key=len, default=None)


def allowed(importer, imported):
    own = part_of(importer)
    inside = imported.removeprefix("checks.")
    if inside == own or inside.startswith(own + "."):
        return True
    return any(inside == part or inside.startswith(part + ".") for part in PARTS[own])


def engine_module(name):
    """The engine's own name for a module: readers.pdf is readers."""
    return name.removeprefix("checks.engine.").split(".")[0]


@pytest.mark.parametrize("path", modules(), ids=module_name)
def test_imports_go_one_way(path):
    name = module_name(path)
    if name in ("checks", "checks.views", "checks.services"):  # packages that only hold others
        return
    assert part_of(name), f"{name} belongs to no part of the house: give it one in PARTS, or another place"
    ours = {imported for imported in imports_of(path) if imported == "checks" or imported.startswith("checks.")}
    assert not {imported for imported in ours if not allowed(name, imported)}


@pytest.mark.parametrize("path", modules(CHECKS / "engine"), ids=module_name)
def test_the_engine_imports_towards_the_entities(path):
    if path == CHECKS / "engine" / "__init__.py":
        return
    name = engine_module(module_name(path))
    assert name in ENGINE_ORDER, f"{name} has no place in the engine yet: give it one in ENGINE_ORDER"
    inner = {engine_module(name) for name in imports_of(path) if name.startswith("checks.engine.")}
    earlier = set(ENGINE_ORDER[: ENGINE_ORDER.index(name)])
    assert inner <= ENGINE_CLOSE.get(name, earlier)


@pytest.mark.parametrize("path", modules(CHECKS / "engine"), ids=module_name)
def test_the_engine_stands_on_few_packages_and_on_nothing_impure(path):
    outside = {name.split(".")[0] for name in imports_of(path)} - {"checks"}
    name = module_name(path)
    readers = FILE_READERS if engine_module(name) == "readers" else set()
    assert outside - set(sys.stdlib_module_names) - {"readers"} <= ENGINE_PACKAGES | readers
    assert outside & IMPURE == STARTS_PROCESSES.get(name, set())


@pytest.mark.parametrize("path", modules(CHECKS / "engine"), ids=lambda path: path.stem)
def test_the_engine_asks_no_clock(path):
    asked = [node.attr for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
    assert not {"now", "utcnow", "today"} & set(asked)


def test_the_engine_can_be_imported_without_django():
    import subprocess

    program = "import sys, checks.engine; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_each_model_module_imports_only_earlier_ones():
    for path in modules(CHECKS / "models"):
        if path.stem == "__init__":
            continue
        inner = {name.removeprefix("checks.models.") for name in imports_of(path) if name.startswith("checks.models.")}
        assert inner <= set(MODEL_ORDER[: MODEL_ORDER.index(path.stem)]), path.stem


def test_models_take_enums_from_the_engine_and_nothing_else():
    enums = {"Kind", "Scale", "Severity", "Verdict"}
    for path in modules(CHECKS / "models"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and "engine" in (node.module or ""):
                assert {alias.name for alias in node.names} <= enums, path.stem


def test_the_project_package_holds_no_domain_code():
    for path in modules(ROOT / "policyaudit"):
        assert not [name for name in imports_of(path) if name.startswith("checks")], path.name


def test_modules_have_names_that_say_something():
    names = {path.stem for path in modules()} | {path.parent.name for path in modules()} - {"checks"}
    assert not names & NAMELESS
    assert not (CHECKS / "checks.py").exists()  # Django means its system checks by that


def test_no_model_is_called_check():
    for path in modules(CHECKS / "models"):
        classes = {node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)}
        assert "Check" not in classes


def service_functions():
    for path in modules(CHECKS / "services"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                yield path.stem, node


@pytest.mark.parametrize(
    ("module", "function"), list(service_functions()), ids=lambda value: getattr(value, "name", value)
)
def test_services_say_what_they_do_and_acts_take_keywords_only(module, function):
    assert ast.get_docstring(function), f"{module}.{function.name} has no docstring"
    if "by" in {argument.arg for argument in function.args.kwonlyargs + function.args.args}:
        assert not function.args.args, f"{module}.{function.name} takes positional arguments"


def test_every_service_and_rule_of_access_has_its_test_file():
    # Small parts of the acts, tested with them.
    acts = {path.stem for path in modules(CHECKS / "services")} - {
        "__init__",
        "errors",
        "files",
        "leases",
        "locks",
        "verdicts",
    }
    assert acts <= {path.stem.removeprefix("test_") for path in (ROOT / "tests" / "services").glob("test_*.py")}


# ---------- The reader itself ----------


def test_the_reader_sees_every_kind_of_import():
    source = (
        "import os.path\n"
        "from .. import selectors\n"
        "from ..models import Audit\n"
        "from . import activity\n"
        "from .errors import ServiceError\n"
        "def late():\n    from checks.rendering.pdf import render_pdf\n"
    )
    assert set(imports_of(CHECKS / "services" / "report.py", source)) == {
        "os.path", "checks.selectors", "checks.models", "checks.services.activity", "checks.services.errors",
        "checks.rendering.pdf",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("importer", "imported", "answer"),
    [
        ("checks.views.report", "checks.services.report", True),
        ("checks.views.report", "checks.engine", False),
        ("checks.services.report", "checks.views.report", False),
        ("checks.services.report", "checks.permissions", False),
        ("checks.rendering.pdf", "checks.models", False),
        ("checks.rendering.context", "checks.selectors", True),
        ("checks.rendering.context", "checks.services.report", False),
        ("checks.models.audit", "checks.engine.entities", True),
        ("checks.models.audit", "checks.engine", False),
        ("checks.engine.findings", "checks.models", False),
        ("checks.selectors", "checks.services", False),
    ],
)
def test_the_table_says_yes_and_no_where_it_should(importer, imported, answer):
    assert allowed(importer, imported) is answer
