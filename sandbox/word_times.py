"""When each word of a text is spoken, for engines that only know when the whole is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class WordTime:
    """A word as written, with its first and last moment in seconds."""

    word: str
    start: float
    end: float


def spread(text: str, start: float, end: float) -> list[WordTime]:
    """The words of `text` over the time from `start` to `end`, each as long as its letters; no gaps, no overlaps."""
    words = text.split()
    letters = sum(len(word) for word in words)
    times = []
    spoken = 0
    for word in words:
        begin = start + (end - start) * spoken / letters
        spoken += len(word)
        times.append(WordTime(word, round(begin, 3), round(start + (end - start) * spoken / letters, 3)))
    return times
