"""What calls of the past would have been served with, and have cost, under another policy or other prices."""
