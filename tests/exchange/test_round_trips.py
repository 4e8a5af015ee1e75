"""What goes out comes back the same: the shipped checklist whole, and content of every shape."""

import json

import pytest
from hypothesis import given, settings

from checks.engine import load_shipped, shipped_checklist
from checks.engine.checklist import digest_of
from checks.exchange.packages import read_json, read_zip, write_json, write_zip
from checks.exchange.shape import check_shape
from checks.exchange.workbook import read_workbook, write_workbook
from checks.exchange.yaml_files import read_files, write_files

from .content import sources

many = settings(max_examples=40)
few = settings(max_examples=12)  # a workbook takes a while


@pytest.fixture(scope="module")
def shipped():
    return load_shipped().source


def as_bytes(files):
    return {name: text.encode() for name, text in files.items()}


def test_the_shipped_checklist_comes_back_from_its_files(shipped):
    files = write_files(shipped)
    assert set(files) == {path.name for path in shipped_checklist().glob("*.yaml")}
    back = read_files(as_bytes(files))
    assert back == shipped
    assert digest_of(back) == digest_of(shipped)


def test_the_files_are_the_shipped_files_byte_for_byte(shipped):
    folder = shipped_checklist()
    written = {name: text for name, text in write_files(shipped).items() if (folder / name).read_text("utf-8") != text}
    assert not written


def test_a_database_that_forgets_the_order_of_keys_changes_nothing(shipped):
    shuffled = json.loads(json.dumps(shipped, sort_keys=True))
    assert digest_of(shuffled) == digest_of(shipped)
    assert write_files(shuffled)["PIPL-52-PIPO-CONTACT.yaml"].startswith("code: PIPL-52-PIPO-CONTACT\ndomain: notice\n")
    assert read_files(as_bytes(write_files(shuffled))) == shipped


def test_the_shipped_checklist_comes_back_from_zip_json_and_a_workbook(shipped):
    digest = digest_of(shipped)
    check_shape(shipped)
    for write, read in ((write_zip, read_zip), (write_json, read_json)):
        package = read(write(shipped, digest))
        assert (package.source, package.digest) == (shipped, digest)
        assert write(shipped, digest) == write(package.source, digest)
    assert read_workbook(write_workbook(shipped)) == shipped


@many
@given(sources)
def test_every_content_comes_back_from_yaml(source):
    assert read_files(as_bytes(write_files(source))) == source


@many
@given(sources)
def test_every_content_comes_back_from_json(source):
    assert read_json(write_json(source, "")).source == source


@few
@given(sources)
def test_every_content_comes_back_from_a_workbook(source):
    back = read_workbook(write_workbook(source))
    assert back == source
    assert digest_of(back) == digest_of(source)
