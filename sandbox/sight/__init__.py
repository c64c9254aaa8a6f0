"""What the stand-in for a vision model really sees: text by OCR, the pointer, and what of it looks like a task."""
