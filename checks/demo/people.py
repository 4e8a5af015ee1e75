"""The demo's team: one person of every role, and one who looks after checklists and is in no engagement."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    username: str
    name: str
    does: str
    role: str | None  # in both engagements


PEOPLE = (
    Person("lin", "林若溪", "lead", "lead"),
    Person("chen", "陈知远", "auditor", "auditor"),
    Person("zhou", "周以宁", "reviewer", "reviewer"),
    Person("wu", "吴念", "viewer", "viewer"),
    Person("zheng", "郑书言", "checklist administrator", None),
)
USERNAMES = [person.username for person in PEOPLE]


def demo_password():
    return os.environ.get("DEMO_PASSWORD") or "policyaudit-demo"


def accounts_text():
    rows = "\n".join(f"  {person.username:<7}{person.name}  {person.does}" for person in PEOPLE)
    return f"Demo accounts (password {demo_password()} unless you changed it):\n{rows}"
