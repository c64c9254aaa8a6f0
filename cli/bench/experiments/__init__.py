"""`bench experiments`: whether what experiments report can be relied on."""
