"""The demo's team: one person of every role, and two who look after checklists and are in no engagement."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Person:
    username: str
    name: str
    does: str
    role: str | None  # in both engagements
    may: tuple[str, ...] = ()  # Django permissions on checklists and report settings


PEOPLE = (
    Person("lin", "林若溪", "lead", "lead"),
    Person("chen", "陈知远", "auditor", "auditor"),
    Person("zhou", "周以宁", "reviewer", "reviewer"),
    Person("wu", "吴念", "viewer", "viewer"),
    Person("zheng", "郑书言", "checklist author, report settings", None, ("author_checklist", "manage_reports")),
    Person("gu", "顾明夷", "checklist approver", None, ("approve_checklist",)),
)
USERNAMES = [person.username for person in PEOPLE]


def demo_password():
    return os.environ.get("DEMO_PASSWORD") or "policyaudit-demo"


def accounts_text():
    rows = "\n".join(f"  {person.username:<7}{person.name}  {person.does}" for person in PEOPLE)
    return f"Demo accounts (password {demo_password()} unless you changed it):\n{rows}"
