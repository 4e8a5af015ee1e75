"""Documentation is part of the program: what can be set or called must be described."""

import re
import subprocess
from pathlib import Path

import pytest
from django.conf import settings

from checks.engine import build_outline
from checks.engine.facts import extract_facts

ROOT = Path(settings.BASE_DIR)
READ_FROM_ENVIRONMENT = re.compile(r"""(?:environ\.get\(|environ\[|flag\()\s*["']([A-Z][A-Z_0-9]+)["']""")


def environment_variables():
    names = set(READ_FROM_ENVIRONMENT.findall((ROOT / "policyaudit/settings.py").read_text(encoding="utf-8")))
    return sorted(names | {"DATABASE_URL"})  # dj_database_url reads this one by itself


def make_targets():
    listed = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return re.findall(r"^\s+make (\S+)", listed.stdout, flags=re.MULTILINE)


def own_commands():
    return sorted(path.stem for path in (ROOT / "checks/management/commands").glob("[a-z]*.py"))


def test_the_settings_are_found():
    assert {"SECRET_KEY", "DEBUG", "HTTPS", "POLICYAUDIT_DATA"} <= set(environment_variables())


@pytest.mark.parametrize("name", environment_variables())
def test_every_environment_variable_is_described(name):
    assert f"| `{name}` |" in (ROOT / "docs/operations.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("readme", ["README.md", "README.zh-CN.md"])
def test_every_make_target_is_in_the_readme(readme):
    text = (ROOT / readme).read_text(encoding="utf-8")
    targets = make_targets()
    assert {"run", "test", "help", "lint"} <= set(targets)
    assert [target for target in targets if f"| `make {target}` |" not in text] == []


def test_every_command_is_described():
    texts = "".join(path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *ROOT.glob("docs/*.md")])
    assert [name for name in own_commands() if f"manage.py {name}" not in texts and f"make {name}" not in texts] == []


@pytest.mark.parametrize("page", sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")]), ids=lambda path: path.name)
def test_links_to_files_lead_somewhere(page):
    targets = re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_the_two_readmes_have_the_same_parts():
    """Same headings level by level, same pictures, same commands: neither language is left behind."""

    def skeleton(name):
        text = (ROOT / name).read_text(encoding="utf-8")
        return {
            "headings": [len(marks) for marks in re.findall(r"^(#+) ", text, flags=re.MULTILINE)],
            "pictures": re.findall(r"!\[[^]]*\]\(([^)]+)\)", text),
            "rows": re.findall(r"^\| (`[^`]+`|\d) \|", text, flags=re.MULTILINE),
        }

    assert skeleton("README.md") == skeleton("README.zh-CN.md")


def test_every_fact_is_described():
    text = "一、信息\n我们收集您的手机号码。"
    described = (ROOT / "docs/json-schema.md").read_text(encoding="utf-8")
    assert not [name for name in extract_facts(text, build_outline(text)).values if f"`{name}`" not in described]
