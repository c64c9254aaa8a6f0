"""Short conversations, one a vendor's API: the same with the stand-in and with the real one."""
