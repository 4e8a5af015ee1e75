"""The organisation's own part of a report: its name, logo, colour, words and rules, as plain data.

``context["house"]`` is a copy of the settings of that moment with their number and digest, so an issued report says by
which settings it was made and can be made again when they have changed.
"""

import base64
import hashlib

from ..models import HouseStyle
from ..models.house import Classification
from .digests import digest

# Classifications stand in both languages in every report, whatever the reader's language.
CLASSIFICATIONS = {
    Classification.PUBLIC: {"zh": "公开", "en": "Public"},
    Classification.INTERNAL: {"zh": "内部", "en": "Internal"},
    Classification.CONFIDENTIAL: {"zh": "保密", "en": "Confidential"},
    Classification.STRICT: {"zh": "严格保密", "en": "Strictly confidential"},
}


def current_house() -> HouseStyle:
    """The settings that count now: the newest row, or the unsaved defaults while there is none."""
    return HouseStyle.objects.first() or HouseStyle()


def house_context(style: HouseStyle | None = None) -> dict:
    """The settings as JSON-safe data for a report's context; one query when no ``style`` is given.

    ``version`` is the number of the settings (0 for the defaults), ``digest`` the digest of all the rest. ``logo`` is a
    data URI of a PNG or "". ``opinion`` holds the thresholds that ``opinion.overall_opinion`` takes.
    """
    style = style or current_house()
    logo = bytes(style.logo)
    house = {
        "version": style.pk or 0,
        "organisation": {"zh": style.name_zh, "en": style.name_en},
        "logo": f"data:image/png;base64,{base64.b64encode(logo).decode()}" if logo else "",
        "logo_sha256": hashlib.sha256(logo).hexdigest() if logo else "",
        "accent": style.accent,
        "disclaimer": {"zh": style.disclaimer_zh, "en": style.disclaimer_en},
        "classification": {"code": str(style.classification), **CLASSIFICATIONS[Classification(style.classification)]},
        "numbering": {"code": style.number_code, "pattern": style.number_pattern},
        "opinion": {
            "grave_from_critical": style.grave_from_critical,
            "grave_from_major": style.grave_from_major,
            "deficient_from_partial": style.deficient_from_partial,
            "deficient_from_major": style.deficient_from_major,
        },
    }
    return {**house, "digest": digest(house)}
