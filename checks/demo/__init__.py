"""The demo: invented policies, what its auditor thinks of them, and its people. `manage.py seed` puts them to work."""
