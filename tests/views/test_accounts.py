import pytest
from django.test import Client, override_settings
from django.urls import reverse

from .. import factories

pytestmark = pytest.mark.django_db
LOGIN = "/accounts/login/"


@pytest.fixture
def person():
    return factories.user("zhou", first_name="文清", last_name="周")


@pytest.fixture
def browser(client, person):
    client.force_login(person)
    return client


def sign_in(client, password, **extra):
    return client.post(LOGIN, {"username": "zhou", "password": password, **extra})


def test_sign_in_leads_to_where_one_wanted_to_go(client, person):
    wanted = client.get(reverse("checklist_list"))
    assert wanted.url == f"{LOGIN}?next=/checklists/"
    page = client.get(wanted.url)
    assert '<input type="hidden" name="next" value="/checklists/">' in page.content.decode()
    assert sign_in(client, factories.PASSWORD, next="/checklists/").url == "/checklists/"
    assert client.get("/").status_code == 200


def test_sign_in_never_leads_to_another_host(client, person):
    assert sign_in(client, factories.PASSWORD, next="https://elsewhere.example/").url == "/"


def test_a_wrong_password_is_said_and_the_name_is_kept(client, person):
    page = sign_in(client, "wrong").content.decode()
    assert "用户名或密码不正确" in page
    assert 'value="zhou"' in page
    assert 'role="alert"' in page


def test_a_wrong_name_gets_the_same_answer_as_a_wrong_password(client, person):
    unknown = client.post(LOGIN, {"username": "nobody", "password": "wrong"})
    known = sign_in(client, "wrong")
    assert unknown.context["form"].non_field_errors() == known.context["form"].non_field_errors()


def test_ten_wrong_passwords_lock_the_account_and_the_page_says_so(client, person):
    for _attempt in range(10):
        locked = sign_in(client, "wrong")
    assert locked.status_code == 429
    assert "登录已暂时锁定" in locked.content.decode()
    assert sign_in(client, factories.PASSWORD).status_code == 429
    assert sign_in(Client(REMOTE_ADDR="10.0.0.9"), factories.PASSWORD).status_code == 302


def test_signing_out_needs_a_post(browser):
    assert browser.get(reverse("logout")).status_code == 405
    assert browser.get("/").status_code == 200
    assert browser.post(reverse("logout")).url == LOGIN
    assert browser.get("/").status_code == 302


def test_the_password_can_be_changed(browser, person):
    new = "一匹很正确的马 2026"
    typed = {"old_password": factories.PASSWORD, "new_password1": new, "new_password2": new}
    assert browser.post(reverse("password_change"), typed).url == reverse("password_change_done")
    assert "密码已修改" in browser.get(reverse("password_change_done")).content.decode()
    person.refresh_from_db()
    assert person.check_password(new)


def test_a_password_that_does_not_fit_is_refused_with_the_reason(browser, person):
    typed = {"old_password": "wrong", "new_password1": "12345678", "new_password2": "12345678"}
    page = browser.post(reverse("password_change"), typed).content.decode()
    assert "当前密码不正确" in page
    assert 'href="#id_old_password"' in page
    person.refresh_from_db()
    assert person.check_password(factories.PASSWORD)


@pytest.mark.parametrize("chosen", ["light", "dark", "auto"])
def test_the_theme_is_remembered_and_put_on_the_page(client, chosen):
    response = client.post(reverse("set_theme"), {"theme": chosen, "next": LOGIN})
    assert response.url == LOGIN
    assert response.cookies["theme"]["httponly"]
    assert f'data-theme="{chosen}"' in client.get(LOGIN).content.decode()


def test_an_unknown_theme_changes_nothing(client):
    assert "theme" not in client.post(reverse("set_theme"), {"theme": "pink"}).cookies
    client.cookies["theme"] = 'x" onload="y'
    assert 'data-theme="auto"' in client.get(LOGIN).content.decode()


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""])
def test_the_theme_form_never_leads_elsewhere(client, target):
    assert client.post(reverse("set_theme"), {"theme": "dark", "next": target}).url == "/"


def test_chinese_by_default_and_english_by_choice(client):
    assert "登录" in client.get(LOGIN).content.decode()
    client.post(reverse("set_language"), {"language": "en", "next": LOGIN})
    page = client.get(LOGIN).content.decode()
    assert "Sign in" in page
    assert '<html lang="en"' in page


def test_the_header_names_the_person_family_name_first(browser):
    page = browser.get("/").content.decode()
    assert "<summary>周文清</summary>" in page
    assert 'action="/accounts/logout/"' in page


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [("文清", "周", "周文清"), ("Ada", "Example", "Ada Example"), ("", "周文清", "周文清"), ("", "", "chen")],
)
def test_names_follow_their_language(client, first, last, shown):
    client.force_login(factories.user("chen", first_name=first, last_name=last))
    assert f"<summary>{shown}</summary>" in client.get("/").content.decode()


def test_pages_carry_nothing_the_content_security_policy_forbids(browser):
    for url in ("/", "/engagements/new/", "/checklists/", reverse("password_change")):
        response = browser.get(url)
        page = response.content.decode()
        assert "'unsafe-inline'" not in response["Content-Security-Policy"]
        assert " style=" not in page
        assert "<style" not in page
        assert "onclick" not in page
        assert page.count("<script") == page.count("<script src=")


def test_healthz_answers_without_an_account(client):
    response = client.get(reverse("healthz"))
    assert (response.status_code, response.content) == (200, b"ok")
    assert "no-store" in response["Cache-Control"]


def test_pages_for_what_goes_wrong(browser, settings):
    missing = browser.get("/engagements/999/")
    assert missing.status_code == 404
    assert "没有这个页面" in missing.content.decode()
    strict = Client(enforce_csrf_checks=True)
    expired = strict.post(LOGIN, {"username": "zhou", "password": "x"})
    assert expired.status_code == 403
    assert "该表单已失效" in expired.content.decode()


@override_settings(ROOT_URLCONF="tests.views.broken_urls")
def test_the_page_for_our_own_mistakes_needs_nothing(client):
    client.raise_request_exception = False
    response = client.get("/broken/")
    assert response.status_code == 500
    assert "系统出现错误" in response.content.decode()
