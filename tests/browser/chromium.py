"""Starting the Chromium that is on this machine; used by the browser tests and by scripts/screenshots.py."""

import os
import shutil

QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]


def find_browser():
    """Path of an installed browser, or None for the one Playwright may have brought itself."""
    names = (os.environ.get("CHROMIUM", "chromium"), "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def launch(playwright):
    return playwright.chromium.launch(executable_path=find_browser(), args=QUIET)
