"""The organisation's settings for reports: each change is a row, so reports keep what they were made with."""

import re

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..models import HouseStyle
from . import activity
from .errors import ServiceError
from .logos import logo_png
from .numbering import check_numbering

FIELDS = (
    "name_zh",
    "name_en",
    "accent",
    "disclaimer_zh",
    "disclaimer_en",
    "classification",
    "number_code",
    "number_pattern",
    "grave_from_critical",
    "grave_from_major",
    "deficient_from_partial",
    "deficient_from_major",
)
CONTRAST = 4.5  # WCAG AA for text; headings and rules are printed in the accent colour
HEX = re.compile(r"#[0-9a-f]{6}")


class ColourRefused(ServiceError):
    field = "accent"
    text = _("A colour is written as # and six digits or letters from a to f, such as #1f4e79.")


class ColourTooPale(ColourRefused):
    text = _("This colour is too pale to be read on white paper (%(contrast)s : 1; at least 4.5 : 1 is needed).")


class ColourTooPaleInGrey(ColourRefused):
    text = _("Printed in black and white, this colour becomes too pale (%(contrast)s : 1; at least 4.5 : 1 is needed).")


class HouseChanged(ServiceError):
    text = _("Somebody else has saved other settings in the meantime. Look at them, then save yours again.")


def house_style(*, values, logo=None, old_logo=b""):
    """An unsaved HouseStyle of these values, checked: for a preview, or to be saved.

    ``values`` has every name in FIELDS. ``logo`` are the bytes of an uploaded picture, ``b""`` for none and None to
    keep ``old_logo``. Raises a ServiceError with the ``field`` that is to blame.
    """
    style = HouseStyle(**{name: _tidy(values[name]) for name in FIELDS})
    style.accent = style.accent.lower()
    check_colour(style.accent)
    check_numbering(style.number_code, style.number_pattern)
    style.logo = bytes(old_logo) if logo is None else logo and logo_png(logo)
    return style


def house_style_save(*, by, seen, values, logo=None):
    """Save the settings as a new row and return it; what is as it was gives the row that is there.

    ``seen`` is the number of the settings the person had before them, 0 for the defaults. Raises HouseChanged, and what
    ``house_style`` raises.
    """
    with transaction.atomic():
        current = HouseStyle.objects.select_for_update().first()
        if seen != (current.pk if current else 0):
            raise HouseChanged
        style = house_style(values=values, logo=logo, old_logo=current.logo if current else b"")
        changed = changed_fields(current or HouseStyle(), style)
        if current and not changed:
            return current
        style.saved_by, style.saved_at = by, timezone.now()
        style.save()
        activity.record(actor=by, action="house.saved", obj=style, detail={"version": style.pk, "changed": changed})
    return style


def changed_fields(old, new):
    """The names of what differs between two settings."""
    changed = [name for name in FIELDS if getattr(old, name) != getattr(new, name)]
    return [*changed, *(["logo"] if bytes(old.logo) != bytes(new.logo) else [])]


def check_colour(colour):
    """Raise a ColourRefused unless text in this colour is legible on white, in colour and in grey."""
    if not HEX.fullmatch(colour):
        raise ColourRefused
    red, green, blue = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    if (contrast := _contrast(red, green, blue)) < CONTRAST:
        raise ColourTooPale(contrast=_told(contrast))
    grey = round(0.299 * red + 0.587 * green + 0.114 * blue)  # as printers and copiers make grey of a colour
    if (contrast := _contrast(grey, grey, grey)) < CONTRAST:
        raise ColourTooPaleInGrey(contrast=_told(contrast))


def _contrast(red, green, blue):
    """How a colour stands out from white, by WCAG 2."""
    parts = [part / 255 for part in (red, green, blue)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 1.05 / (0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05)


def _told(contrast):
    return f"{int(contrast * 10) / 10:.1f}"  # rounded down: 4.49 is not shown as the 4.5 that it is not


def _tidy(value):
    return value.strip().replace("\r\n", "\n") if isinstance(value, str) else value
