"""What answers in a room besides the product: an echo, LiveKit's plain starter, pipecat's plain pipeline."""
