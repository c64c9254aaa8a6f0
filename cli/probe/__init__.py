"""`voicetasks probe`: calls that nobody makes but us, every few minutes, to know that callers are answered."""
