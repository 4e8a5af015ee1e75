"""Sign-in and what every visitor may set for himself."""

from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.db import connection
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from ..forms.accounts import PasswordForm, SignInForm
from ..templatetags.checks_tags import THEMES

ONE_YEAR = 365 * 24 * 3600

login = auth_views.LoginView.as_view(authentication_form=SignInForm, redirect_authenticated_user=True)
logout = auth_views.LogoutView.as_view()
password_change = auth_views.PasswordChangeView.as_view(form_class=PasswordForm)
password_change_done = auth_views.PasswordChangeDoneView.as_view()


@login_not_required
@require_POST
def set_theme(request):
    """Keep light, dark or auto in a cookie and go back to where the person was."""
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure()):
        target = "/"
    response = redirect(target)
    theme = request.POST.get("theme")
    if theme in THEMES:
        response.set_cookie("theme", theme, ONE_YEAR, samesite="Lax", secure=request.is_secure(), httponly=True)
    return response


@login_not_required
@never_cache
@require_GET
def healthz(request):
    """For a load balancer: the process answers and reaches its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok", content_type="text/plain")
