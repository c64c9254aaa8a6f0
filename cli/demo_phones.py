"""The telephones of the demo's people: numbers of a range that is kept for fiction."""

import json

DEMO_PHONES = json.dumps({"+15550100": "economy@example.com", "+15550101": "premium@example.com"})
