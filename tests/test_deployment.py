"""The settings of a real installation, in a process of their own: nothing to warn about, and the key stays private."""

import os
import stat
import subprocess
import sys

import pytest
from django.conf import settings


@pytest.fixture
def manage(tmp_path):
    """Run manage.py with data of its own under the given environment; return the finished process."""

    def run(*arguments, **environment):
        inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=settings.BASE_DIR,
            env=inherited | {"POLICYAUDIT_DATA": str(tmp_path)} | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def test_check_deploy_has_nothing_to_say_about_production_settings(manage):
    done = manage("check", "--deploy", "--fail-level", "INFO", HTTPS="1", ALLOWED_HOSTS="audit.example.com")
    assert (done.returncode, done.stderr) == (0, "")
    assert "no issues" in done.stdout


def test_check_deploy_would_notice_a_plain_http_installation(manage):
    """The test above is worth something only if the check does look."""
    assert "security.W012" in manage("check", "--deploy").stderr


def test_migrations_are_complete(manage):
    done = manage("makemigrations", "--check", "--dry-run")
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_key_is_made_once_and_only_its_owner_can_read_it(manage, tmp_path):
    manage("diffsettings")  # any command will do; this one starts sooner than others
    key = tmp_path / "secret_key"
    first = key.read_text()
    manage("diffsettings")
    assert key.read_text() == first
    assert len(first) >= 50
    assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_debug_is_off_unless_asked_for(manage):
    print_debug = ("shell", "-v", "0", "-c", "from django.conf import settings; print(settings.DEBUG)")
    assert manage(*print_debug).stdout.strip() == "False"
    assert manage(*print_debug, DEBUG="1").stdout.strip() == "True"
