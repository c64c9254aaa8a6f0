"""A scripted caller over real WebRTC: it joins a room as a browser would, speaks, listens and measures."""
