"""Makes the dashboards: `python -m deploy.grafana.make` writes them, so that nobody edits JSON by hand.

Grafana's own models are what they are built with; they know which fields there are.
"""
