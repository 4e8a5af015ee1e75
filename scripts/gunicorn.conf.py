"""How `make run` serves: one process with threads, on this machine only."""

import os

bind = f"127.0.0.1:{os.environ.get('PORT', '8000')}"
workers = 1
threads = 8
timeout = 120  # a long policy's PDF takes a while on a slow machine
loglevel = "warning"
preload_app = True


def when_ready(_server):
    print(f"\nPolicyAudit is ready: http://{bind}/\nStop it with Ctrl+C.", flush=True)
