"""`bench dialogues`: conversations of some turns, and whether the store is right at their end."""
