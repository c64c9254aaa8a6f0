"""`bench failover` and `bench swap`: what the caller hears of a change in mid-call, and what it costs us."""
