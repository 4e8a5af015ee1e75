"""The policy's side of the review screen: its text with the evidence that counts now, its outline, and what changed."""

from ..highlights import Span, navigation, policy_blocks
from ..selectors.review import evidence_places


class PolicyText:
    """The text of an audit's policy, cut where its evidence begins and ends: two queries.

    ``topics`` gives every domain of the checklist a number: findings of one domain share a colour.
    """

    def __init__(self, audit, queue):
        self.audit = audit
        domains = {finding.pk: finding.requirement.domain for finding in queue.findings}
        self.topics = {domain: number for number, domain in enumerate(dict.fromkeys(domains.values()))}
        self.titles = [queue.title(domain) for domain in self.topics]
        self.spans = [
            Span(start, end, finding, self.topics[domains[finding]], by_hand)
            for start, end, finding, by_hand in evidence_places(audit, by_people=not queue.is_blind)
        ]

    def blocks(self):
        version = self.audit.policy_version
        return policy_blocks(version.text, self.audit.outline, self.spans, version.layout)

    def sections(self):
        """The outline, each heading with the topics of the findings that cite what stands below it."""
        return [
            {
                "id": entry.id,
                "level": min(entry.level, 3),
                "title": entry.title,
                "start": entry.start,
                "end": entry.end,
                "count": entry.count,
                "about": entry.about,
                "topics": [{"number": number, "title": self.titles[number]} for number in sorted(entry.topics)],
            }
            for entry in navigation(self.audit.outline, self.spans)
        ]

    def context(self):
        return {"blocks": self.blocks(), "sections": self.sections()}

    def changed_context(self, places):
        """The blocks and the outline's entries that the places ``(start, end)`` touch, to be swapped in."""

        def touched(start, end):
            return any(start < place_end and place_start < end for place_start, place_end in places)

        return {
            "blocks": [block for block in self.blocks() if touched(block.start, block.end)],
            "sections": [entry for entry in self.sections() if touched(entry["start"], entry["end"])],
        }
