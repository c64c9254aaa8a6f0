"""Benches: numbers that the product promises, measured end to end and held to their targets."""
