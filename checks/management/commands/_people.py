"""Who acts, where nobody is signed in."""

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError


def person(username):
    """The open account with this user name. CommandError when there is none."""
    user = get_user_model().objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(f"There is no open account {username!r}.")
    return user
