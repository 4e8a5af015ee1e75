"""What screens say about people working together: the bell, shares and agreement in figures."""

from django import template

from ..teamwork import unread_count

register = template.Library()


@register.simple_tag(takes_context=True)
def unread_notifications(context):
    """How many notifications the reader has not read; 0 for who is not signed in."""
    user = context.get("user")
    return unread_count(user) if user and user.is_authenticated else 0


@register.filter
def percentage(share):
    """0.8333 → "83 %"; a dash for None."""
    return "—" if share is None else f"{round(share * 100)} %"


@register.filter
def kappa(value):
    """Two places, with a real minus; a dash where it is not defined."""
    return "—" if value is None else f"{value:.2f}".replace("-", "−")
