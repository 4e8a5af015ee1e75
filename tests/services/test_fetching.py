"""Fetching, against servers on this machine: they are inside, so each test says which network may be asked."""

import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from checks.services import background, fetching
from checks.services.fetching import FetchError, FetchReason

from .. import factories

DRIPS = 600  # ten a second: whoever waits for the end waits a minute
PAGE = f"<html><body>{factories.POLICY}</body></html>".encode()


class Site(BaseHTTPRequestHandler):
    asked = []

    def do_GET(self):
        Site.asked.append((self.path, dict(self.headers)))
        name = self.path.split("?")[0].strip("/")
        getattr(self, f"answer_{name}", self.answer_page)()

    def send(self, body=PAGE, status=200, **headers):
        self.send_response(status)
        for key, value in {"Content_Length": str(len(body)), **headers}.items():
            self.send_header(key.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)

    def answer_page(self):
        self.send()

    def answer_moved(self):
        self.send(b"", 302, Location="/page")

    def answer_loop(self):
        self.send(b"", 302, Location="/loop")

    def answer_inside(self):
        self.send(b"", 301, Location="http://127.0.0.2:1/secret")

    def answer_file(self):
        self.send(b"", 301, Location="file:///etc/passwd")

    def answer_gone(self):
        self.send(b"", 404)

    def answer_large(self):
        self.send(b"x" * 5000)

    def answer_zipped(self):
        self.send(gzip.compress(PAGE), Content_Encoding="gzip")

    def answer_bomb(self):
        self.send(gzip.compress(b"0" * 10_000_000), Content_Encoding="gzip")

    def answer_short(self):
        self.send(PAGE, Content_Length=str(len(PAGE) + 100))

    def answer_slow(self):
        self.send_response(200)
        self.end_headers()
        for _time in range(DRIPS):
            self.wfile.write(b"x")
            self.wfile.flush()
            time.sleep(0.1)

    def answer_dripping_head(self):
        for _time in range(DRIPS):
            self.wfile.write(b"X")
            self.wfile.flush()
            time.sleep(0.1)

    def log_message(self, *_arguments):
        pass


@pytest.fixture(scope="module")
def site():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def trusted(settings):
    """The one address of this machine that tests may ask; 127.0.0.2 stays inside."""
    settings.POLICY_URL_NETWORKS = ["127.0.0.1/32"]


def refusal(url, **options):
    with pytest.raises(FetchError) as error:
        fetching.fetch(url, **{"limit": 100_000} | options)
    return error.value.reason


def test_a_page_comes_as_it_is(site, trusted):
    page = fetching.fetch(f"{site}/page?a=隐私", limit=100_000)
    assert (page.content, page.url) == (PAGE, f"{site}/page?a=隐私")
    path, headers = Site.asked[-1]
    assert path == "/page?a=%E9%9A%90%E7%A7%81"
    assert headers["Host"] == site.removeprefix("http://")
    assert not {"Cookie", "Authorization", "Referer"} & set(headers)


def test_redirects_are_followed_and_the_last_address_is_told(site, trusted):
    assert fetching.fetch(f"{site}/moved", limit=100_000).url == f"{site}/page"


def test_what_was_packed_on_the_way_is_unpacked(site, trusted):
    assert fetching.fetch(f"{site}/zipped", limit=100_000).content == PAGE


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("loop", FetchReason.REDIRECTS),
        ("inside", FetchReason.FORBIDDEN),
        ("file", FetchReason.INVALID),
        ("gone", FetchReason.STATUS),
        ("bomb", FetchReason.TOO_LARGE),
        ("short", FetchReason.UNREACHABLE),
    ],
)
def test_what_is_refused_has_a_name(site, trusted, path, reason):
    assert refusal(f"{site}/{path}") == reason


def test_size_and_time_have_a_limit(site, trusted):
    assert refusal(f"{site}/large", limit=4999) == FetchReason.TOO_LARGE
    assert len(fetching.fetch(f"{site}/large", limit=5000).content) == 5000
    for path in ("slow", "dripping_head"):
        started = time.monotonic()
        assert refusal(f"{site}/{path}", seconds=0.5) == FetchReason.TOO_SLOW
        assert time.monotonic() - started < DRIPS / 10 / 3


@pytest.mark.parametrize(
    "url",
    [
        "", "example.com", "//example.com/", "ftp://example.com/", "file:///etc/passwd", "gopher://example.com/",
        "javascript:alert(1)", "http://", "http://user:secret@example.com/", "http://example.com:99999/",
        "http://[::1", "http://exa\x00mple.com/", "data:text/html,x",
    ],
)  # fmt: skip
def test_only_plain_web_addresses_are_addresses(url):
    assert refusal(url) == FetchReason.INVALID


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.0.0.1",  # noqa: S104
        "172.16.3.4", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "224.0.0.1", "240.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1%eth0", "fc00::1",
        "ff02::1", "2001:db8::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::1",
        "2002:a00:1::", "2001:0:a00:1::f5ff:fffe",
    ],
)  # fmt: skip
def test_addresses_inside_are_never_allowed(address):
    assert not fetching.is_allowed(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "114.114.114.114", "2606:4700:4700::1111"])
def test_addresses_of_the_public_internet_are(address):
    assert fetching.is_allowed(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f.1", "2130706433", "[::1]", "[::ffff:127.0.0.1]"])
def test_this_machine_is_not_asked_by_any_of_its_names(site, host):
    before = len(Site.asked)
    assert refusal(f"http://{host}:{site.rsplit(':')[-1]}/page") in (FetchReason.FORBIDDEN, FetchReason.UNKNOWN_HOST)
    assert len(Site.asked) == before


class TestNames:
    """What a hostile name server answers; the operating system's resolver is replaced, nothing of ours."""

    @pytest.fixture
    def answers(self, monkeypatch):
        given = []

        def getaddrinfo(host, port, *_arguments, **_options):
            addresses = given.pop(0)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return given

    def test_the_checked_address_is_the_one_that_is_asked(self, site, trusted, monkeypatch):
        """Rebinding: the second answer would lead inside, but there is no second question about the name."""
        asked = []
        real = socket.getaddrinfo

        def getaddrinfo(host, port, *arguments, **options):
            if host == "rebind.example":
                asked.append(host)
                address = "127.0.0.1" if len(asked) == 1 else "127.0.0.2"
                return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]
            return real(host, port, *arguments, **options)

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        port = site.rsplit(":")[-1]
        page = fetching.fetch(f"http://rebind.example:{port}/page", limit=100_000)
        assert page.content == PAGE
        assert asked == ["rebind.example"]
        assert Site.asked[-1][1]["Host"] == f"rebind.example:{port}"

    def test_one_address_inside_spoils_the_name(self, trusted, answers):
        answers.append(["127.0.0.1", "10.0.0.1"])
        assert refusal("http://mixed.example/") == FetchReason.FORBIDDEN

    def test_a_name_that_is_none_is_said(self, trusted, monkeypatch):
        def fail(*_arguments, **_options):
            raise socket.gaierror

        monkeypatch.setattr(socket, "getaddrinfo", fail)
        assert refusal("http://nowhere.example/") == FetchReason.UNKNOWN_HOST


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
class TestHttps:
    @pytest.fixture
    def secure(self, tmp_path):
        """A server with a certificate for policy.example, and the context that trusts it."""
        certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
        command = [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-subj",
            "/CN=policy.example",
        ]
        command += ["-addext", "subjectAltName=DNS:policy.example", "-keyout", str(key), "-out", str(certificate)]
        subprocess.run(command, check=True, capture_output=True)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate, key)
        names = []
        context.sni_callback = lambda _socket, name, _context: names.append(name)
        server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port, names, ssl.create_default_context(cafile=certificate)
        server.shutdown()

    @pytest.fixture(autouse=True)
    def _names(self, trusted, monkeypatch):
        place = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 0))]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_arguments, **_options: place)

    def test_the_name_goes_along_though_an_address_is_asked(self, secure, monkeypatch):
        port, names, context = secure
        connect = socket.socket.connect
        monkeypatch.setattr(socket, "create_connection", lambda place, timeout: _connected(connect, place, timeout))
        assert fetching.fetch(f"https://policy.example:{port}/page", limit=100_000, context=context).content == PAGE
        assert names == ["policy.example"]
        assert Site.asked[-1][1]["Host"] == f"policy.example:{port}"

    def test_a_certificate_for_another_name_is_not_taken(self, secure, monkeypatch):
        port, _names, context = secure
        connect = socket.socket.connect
        monkeypatch.setattr(socket, "create_connection", lambda place, timeout: _connected(connect, place, timeout))
        assert refusal(f"https://other.example:{port}/page", context=context) == FetchReason.UNREACHABLE


def _connected(connect, place, timeout):
    """create_connection asks the resolver once more, which these tests have replaced."""
    plain = socket.socket()
    plain.settimeout(timeout)
    connect(plain, place)
    return plain


@pytest.mark.django_db
def test_a_fetched_policy_is_kept_with_its_address_and_audited(site, trusted, settings, engagement):
    settings.POLICY_URL_FETCH = True
    factories.checklist_version()
    job = factories.intake_job(engagement)
    item = factories.intake_item(job, source="address", url=f"{site}/moved", original="", size=0, sha256="")
    background.item_work(item.pk)
    item.refresh_from_db()
    version = item.policy_version
    assert item.state == "done"
    assert (version.source, version.url) == ("address", f"{site}/page")
    assert version.original.read() == PAGE


@pytest.mark.django_db
def test_what_could_not_be_fetched_says_why_and_can_be_tried_again(site, trusted, engagement):
    job = factories.intake_job(engagement)
    item = factories.intake_item(job, source="address", url=f"{site}/gone", original="", size=0, sha256="")
    background.item_work(item.pk)
    item.refresh_from_db()
    assert (item.state, item.reason, item.params) == ("failed", "address_status", {"status": 404})
    from checks.services import reception

    assert reception.can_retry(item)
