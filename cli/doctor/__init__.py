"""`voicetasks doctor`: what of this machine is right, what is not, and how to mend it."""
