"""Stand-ins for the vendors, on localhost: their wire protocols, prices and latencies, with real ears and a real voice."""
