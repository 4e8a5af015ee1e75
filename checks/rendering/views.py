"""The engine's views over a policy as plain data for a report: rows with their places, nothing shortened."""

from ..engine.entities import Layout
from ..terms import term


def with_page(place: dict, layout: Layout) -> dict:
    """The place, and its page where the original has pages."""
    page = layout.page_at(place["start"])
    return {**place, "page": page} if page else place


def plain_views(views, layout: Layout, language: str = "zh-hans") -> dict:
    """``engine.policyviews.PolicyViews`` → lists of rows, JSON-safe. A cell the text does not fill is None.

    The engine's own names (kinds of information, permissions) are in the report's language; quotes stay as they stand.
    """

    def place(passage):
        if passage is None:
            return None
        return with_page({name: getattr(passage, name) for name in ("start", "end", "quote", "clause")}, layout)

    return {
        "matrix": [
            {
                "function": place(row.function),
                "items": [{"name": term(item.name, language), "sensitive": item.sensitive} for item in row.items],
                "purpose": place(row.purpose),
                "vague": [str(item.kind) for item in row.vague],
                "source": place(row.source),
            }
            for row in views.matrix
        ],
        "sdks": [
            {
                **{cell: place(getattr(row, cell)) for cell in ("name", "provider", "purpose", "data", "link")},
                "source": place(row.source),
            }
            for row in views.sdks
        ],
        "permissions": [
            {
                "name": term(row.name, language),
                "state": row.state,
                "purpose": place(row.purpose),
                "source": place(row.source),
            }
            for row in views.permissions
        ],
        "recipients": [
            {
                "recipient": place(row.recipient),
                "way": row.way,
                "items": [item.quote for item in row.items],
                "purpose": place(row.purpose),
                "contact": place(row.contact),
                "missing": list(row.missing),
                "source": place(row.source),
            }
            for row in views.recipients
        ],
        "deadlines": [
            {
                "kind": row.kind,
                "value": row.value,
                "vague": row.vague,
                "subjects": [term(name, language) for name in row.subjects],
                "source": place(row.source),
            }
            for row in views.deadlines
        ],
        "contradictions": [
            {
                "code": row.code,
                "subject": term(row.subject, language),
                "left": place(row.left),
                "right": place(row.right),
            }
            for row in views.contradictions
        ],
    }
