"""Drive the real program with the demo's data and write the pictures that the READMEs show to docs/images/.

It serves from a data directory of its own, which is removed afterwards: nothing of the user's is touched.
"""

import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from urllib.request import urlopen

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
from tests.browser.chromium import launch  # noqa: E402

IMAGES = ROOT / "docs" / "images"
LARGEST = 300_000  # bytes
PASSWORD = "policyaudit-demo"  # noqa: S105  the demo's, documented in the README


@contextmanager
def served_demo():
    """The address of the program, serving a fresh demo."""
    with tempfile.TemporaryDirectory() as data, socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
        probe.close()
        environment = os.environ | {"POLICYAUDIT_DATA": data, "PORT": str(port), "DEMO_PASSWORD": PASSWORD}
        for name in ("DATABASE_URL", "HTTPS", "DEBUG", "ALLOWED_HOSTS"):
            environment.pop(name, None)
        subprocess.run([sys.executable, "manage.py", "prepare", "--demo"], cwd=ROOT, env=environment, check=True)
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--config", "scripts/gunicorn.conf.py", "policyaudit.wsgi"],
            cwd=ROOT,
            env=environment,
        )
        try:
            address = f"http://127.0.0.1:{port}"
            wait_for(f"{address}/healthz/")
            yield address
        finally:
            server.terminate()
            server.wait()


def wait_for(url, seconds=30):
    end = time.monotonic() + seconds
    while True:
        try:
            urlopen(url, timeout=2).close()  # noqa: S310  our own server
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.2)


def sign_in(page, username):
    page.goto("/accounts/login/")
    page.fill("[name=username]", username)
    page.fill("[name=password]", PASSWORD)
    page.locator("main form button").click()
    page.wait_for_url("**/")


def open_audit(page, product):
    """The overview of the demo's audit of this product."""
    page.locator("tr", has_text=product).get_by_role("link").first.click()
    page.locator("a[href^='/audits/']").first.click()
    return int(page.url.split("/audits/")[1].split("/")[0])


def show_evidence(page, audit):
    """The first undecided finding that rests on a passage of the policy."""
    page.goto(f"/audits/{audit}/review/?verdict=non_compliant&state=undecided")
    for row in page.locator(".queue-row").all():
        row.click()
        page.locator(f"#panel[data-finding='{row.get_attribute('data-finding')}']").wait_for()
        if page.locator("mark.evidence.on").count():
            break
    page.wait_for_timeout(1000)  # the text scrolls to the evidence


def picture(page, name):
    """A palette keeps text crisp and the file small."""
    image = Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB")
    path = IMAGES / f"{name}.png"
    image.quantize(256, dither=Image.Dither.NONE).save(path, optimize=True)
    if path.stat().st_size > LARGEST:
        sys.exit(f"{path} has {path.stat().st_size} bytes, more than {LARGEST}")
    print(f"{path.relative_to(ROOT)}  {path.stat().st_size // 1024} KB")


def take_pictures(browser, address):
    context = browser.new_context(
        base_url=address, locale="zh-CN", color_scheme="light", viewport={"width": 1360, "height": 850}
    )
    page = context.new_page()
    sign_in(page, "chen")
    picture(page, "engagements")
    audit = open_audit(page, "乐逛街")
    page.goto(f"/audits/{audit}/")
    picture(page, "overview")
    show_evidence(page, audit)
    picture(page, "review")
    context.clear_cookies()
    sign_in(page, "zhou")
    audit = open_audit(page, "拾谷到家")
    page.goto(f"/audits/{audit}/report/")
    picture(page, "report")


def main():
    IMAGES.mkdir(parents=True, exist_ok=True)
    with served_demo() as address, sync_playwright() as playwright:
        browser = launch(playwright)
        take_pictures(browser, address)
        browser.close()


if __name__ == "__main__":
    main()
