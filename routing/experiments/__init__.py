"""Experiments between stacks: who gets which, what came of it, and whether that is enough to decide."""
