"""Roughly how a text sounds, and how far two sounds are apart: enough to see «the fence» in «defense».

Spelling rules are no pronunciation, but both sides are spelled by the same rules, and what an ear confuses (voiced and
voiceless, m and n, any two vowels) costs little. Spaces count for nothing, since an ear puts them where it likes.
"""

import re
from functools import lru_cache

from sandbox.brain.spoken_form import plain_form

_RULES = [
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"tch|ch", "C"),
        (r"[st]ion\b", "Sn"),
        (r"sh", "S"),
        (r"th", "T"),
        (r"ph", "f"),
        (r"ck|q(?=u)", "k"),
        (r"^wr", "r"),
        (r"^kn", "n"),
        (r"dge", "J"),
        (r"igh", "i"),
        (r"gh", ""),
        (r"mb$", "m"),
        (r"l(?=k$|ks$)", ""),
        (r"x", "ks"),
        (r"c(?=[eiy])", "s"),
        (r"c", "k"),
        (r"y$", "i"),
        (r"^y", "j"),
        (r"(?<=[^aeiou])e$", ""),
        (r"ee|ea|ie|ei", "i"),
        (r"oo|ou|ow|ew|ue|oe", "u"),
        (r"ai|ay|ey", "e"),
        (r"y", "i"),
        (r"(?<=[aeiou])[hw]$", ""),
        (r"(.)\1", r"\1"),
    )
]
_TWICE = re.compile(r"(.)\1")
_VOWELS = frozenset("aeiou")
_NEAR = {
    frozenset(pair): cost
    for pairs, cost in (
        ("pb td kg fv sz CJ SC Ss mn", 0.3),
        ("Tt Td Tf Ts Tz Sz wv lr lw rw", 0.4),
        ("nl kt pt gd bd pf bv", 0.6),
    )
    for pair in pairs.split()
}
_VOWEL_FOR_VOWEL = 0.3
_LOST = {**dict.fromkeys("aeiouh", 0.5), **dict.fromkeys("tdszrlwj", 0.8)}


@lru_cache(maxsize=4096)
def phones(text: str) -> str:
    """The sounds of a text in a row, a letter each."""
    return _TWICE.sub(r"\1", "".join(_of_word(word) for word in plain_form(text).split()))


def _of_word(word: str) -> str:
    for pattern, sound in _RULES:
        word = pattern.sub(sound, word)
    return word


def _swap(one: str, other: str) -> float:
    if one == other:
        return 0.0
    if one in _VOWELS and other in _VOWELS:
        return _VOWEL_FOR_VOWEL
    return _NEAR.get(frozenset((one, other)), 1.0)


@lru_cache(maxsize=65536)
def distance(one: str, other: str) -> float:
    """What it costs to hear the one sound as the other."""
    return _row(one, other, inside=False)[-1]


@lru_cache(maxsize=16384)
def distance_inside(part: str, whole: str) -> float:
    """What it costs to hear `part` somewhere in `whole`."""
    return min(_row(part, whole, inside=True))


def _row(one: str, other: str, *, inside: bool) -> list[float]:
    lost = [_LOST.get(sound, 1.0) for sound in other]
    row = [0.0]
    for cost in lost:
        row.append(0.0 if inside else row[-1] + cost)
    for sound in one:
        gone = _LOST.get(sound, 1.0)
        new = [row[0] + gone]
        for column, heard in enumerate(other):
            new.append(
                min(row[column] + _swap(sound, heard), row[column + 1] + gone, new[column] + lost[column])
            )
        row = new
    return row


def likeness(one: str, other: str) -> float:
    """How alike two sounds are, 0 to 1."""
    return max(0.0, 1 - distance(one, other) / max(len(one), len(other), 1))
