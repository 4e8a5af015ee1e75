"""Checklists as files, and back: YAML folders, workbooks, JSON. Pure: content (``Checklist.source``) and bytes.

Whatever comes from outside is bounded before it is read, and what is not understood is refused by its place.
"""
