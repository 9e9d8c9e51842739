"""Health check: `probe.py URL [COMPONENT]` exits 0 when the URL answers 200, and calls COMPONENT healthy."""

import json
import sys
import urllib.request

direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
# Without credentials of some kind Airflow adds an admin's itself, and logs that its task API does not know them.
direct.addheaders = [("Authorization", "none")]
with direct.open(sys.argv[1], timeout=10) as answer:
    body = answer.read()
for component in sys.argv[2:]:
    sys.exit(json.loads(body)[component]["status"] != "healthy")
