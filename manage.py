#!/usr/bin/env python
import os
import sys

BROKEN_PIPE = 141  # what a shell says of a program whose reader went away

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "policyaudit.settings")
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
        sys.stdout.flush()
    except BrokenPipeError:  # `manage.py evaluate … | head`: whoever reads has read enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else the farewell flush fails once more
        sys.exit(BROKEN_PIPE)
