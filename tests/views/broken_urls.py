"""One address behind which everything fails."""

from django.contrib.auth.decorators import login_not_required
from django.urls import path


@login_not_required
def broken(request):
    raise RuntimeError("on purpose")


urlpatterns = [path("broken/", broken)]
