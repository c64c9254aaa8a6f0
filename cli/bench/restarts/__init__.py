"""`bench restarts`: live calls while workers end and servers restart under them."""
