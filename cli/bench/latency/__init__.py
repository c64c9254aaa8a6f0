"""`bench latency`: how long the caller waits, measured at their ear, beside two other ways to build the same thing."""
