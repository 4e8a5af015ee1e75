"""Chromium against the live server. Every page is watched: what it asks of other hosts, what it complains about."""

import os
import time
from types import SimpleNamespace
from urllib.parse import urlsplit

import pytest
from django.core.signals import request_finished, request_started
from playwright.sync_api import expect, sync_playwright

from checks.services import checklist

from .. import factories
from .chromium import launch

TIMEOUT = 60_000  # milliseconds until a test fails: a busy machine may stand still for long
expect.set_options(timeout=TIMEOUT)


@pytest.fixture(scope="session")
def chromium():
    # Playwright's synchronous interface keeps an event loop in this thread; Django would refuse the database in it.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = launch(playwright)
        yield browser
        browser.close()


class Watch:
    """What a page did that it must not do."""

    def __init__(self, own_host):
        self.own_host = own_host
        self.foreign = []
        self.complaints = []
        self.expected = ()  # pieces of complaints that a test provokes

    def request(self, request):
        parts = urlsplit(request.url)
        if parts.scheme in {"http", "https", "ws", "wss"} and parts.netloc != self.own_host:
            self.foreign.append(request.url)

    def console(self, message):
        if message.type in {"error", "warning"}:
            self.complaints.append(f"{message.text} ({message.location['url']})")

    def error(self, error):
        self.complaints.append(str(error))

    @property
    def unexpected(self):
        return [text for text in self.complaints if not any(piece in text for piece in self.expected)]


@pytest.fixture
def under_way():
    """A list with a member for each request that is being answered."""
    running = []

    def begun(**_signal):
        running.append(1)

    def ended(**_signal):
        if running:  # one that began before this test may end in it
            running.pop()

    request_started.connect(begun)
    request_finished.connect(ended)
    yield running
    request_started.disconnect(begun)
    request_finished.disconnect(ended)


@pytest.fixture
def open_context(chromium, live_server, under_way):
    """A function that opens a browser context of its own (a person at a machine) under watch; checked at the end."""
    opened = []

    def open_one(**options):
        options = {"locale": "zh-CN", "viewport": {"width": 1280, "height": 800}} | options
        context = chromium.new_context(base_url=live_server.url, **options)
        context.set_default_timeout(TIMEOUT)
        context.server = live_server.url
        watch = Watch(urlsplit(live_server.url).netloc)
        context.on("request", watch.request)
        context.on("console", watch.console)
        context.on("weberror", lambda web_error: watch.error(web_error.error))
        opened.append((context, watch))
        return context, watch

    yield open_one
    for context, _watch in opened:
        context.close()
    # What a page asked last may be at work still; it must not write into the database of the next test.
    end = time.monotonic() + TIMEOUT / 1000
    while under_way and time.monotonic() < end:
        time.sleep(0.01)
    for _context, watch in opened:
        assert watch.foreign == []
        assert watch.unexpected == []


@pytest.fixture
def page(open_context):
    """A page of somebody not signed in; ``page.watch`` says what it did."""
    context, watch = open_context()
    page = context.new_page()
    page.watch = watch
    return page


@pytest.fixture
def people(transactional_db):
    """The team of the journey, with names as the screens show them; nobody is in an engagement yet."""
    names = {"lead": "林负责", "auditor": "陈审计", "reviewer": "周复核", "viewer": "吴查看"}
    return SimpleNamespace(**{role: factories.user(role, first_name=name) for role, name in names.items()})


@pytest.fixture
def shipped(transactional_db):
    return checklist.checklist_import()
