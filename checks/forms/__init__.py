"""What people type, checked before a service sees it; a module for each part of the work."""
