"""What every command shares."""

import subprocess
import sys

from django.conf import settings


def test_a_reader_who_has_read_enough_is_no_error():
    """As in `manage.py evaluate … | head -1`."""
    command = [sys.executable, "manage.py", "help"]
    process = subprocess.Popen(command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.close()
    _nothing, complaints = process.communicate(timeout=120)
    assert process.returncode == 141
    assert b"Traceback" not in complaints
    assert b"BrokenPipe" not in complaints
