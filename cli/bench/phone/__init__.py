"""`bench phone`: what a telephone is promised, measured through the bridge at the caller's own ear."""
