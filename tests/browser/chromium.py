"""Starting the Chromium that is on this machine; used by the browser tests and by scripts/screenshots.py."""

import os
import shutil

QUIET = ["--no-sandbox", "--disable-background-networking", "--disable-component-update", "--disable-sync"]
# The pages that Chromium's address bar keeps ready cost more of the processor, in every new window, than a page of ours.
# This list takes the place of Playwright's own, so what it turns off for steady pictures is named again.
WITHOUT = (
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "MediaRouter",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)


def find_browser():
    """Path of an installed browser, or None for the one Playwright may have brought itself."""
    names = (os.environ.get("CHROMIUM", "chromium"), "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


def launch(playwright):
    """A browser without a window."""
    arguments = [*QUIET, f"--disable-features={','.join(WITHOUT)}"]
    return playwright.chromium.launch(executable_path=find_browser(), args=arguments)
