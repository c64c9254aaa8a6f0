"""`bench chaos`: real calls whose vendors fail in every way, at every point of a turn, and what became of them."""
