"""`bench capacity`: how many calls a machine carries, what one costs it, and what is left when they are over."""
