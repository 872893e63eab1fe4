"""Words typed with characters that sound alike (报铭, 怎么半) are read as what was meant (报名, 怎么办)."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import accumulate, pairwise

from bot.language import pinyin, word_vectors
from bot.language.bigrams import Bigrams
from bot.language.tokens import Tokenizer

LONGEST = 4  # characters of a word that is looked for
PER_CHARACTER = 5.0  # nats: how unlikely it is that a character is mistyped
BLURRED = 1.5  # more, where the sounds are only alike to a speaker of the south
KNOWN, UNKNOWN = 2, 3  # so often a word stands in the phrases; UNKNOWN: no dictionary has it, or it is two words
READINGS = 3  # times a text is read, since a restored word says more about the one beside it

Sounds = tuple[str, ...]


class Homophones:
    """Made once of normalised phrases, then only read.

    A noisy channel: what was typed is read as a word, of the phrases or of those usual here, if that word, among the
    characters around it, and the slips which lead to it are likelier than what stands there. What the phrases
    themselves write, and what is a word, is never changed.
    """

    def __init__(self, phrases: Collection[str], tokenizer: Tokenizer) -> None:
        self._tokenizer, self._written, self._bigrams = tokenizer, "\n".join(phrases), Bigrams(phrases)
        own = _by_sound(_words(phrases, tokenizer))
        usual = _usual() if phrases else {}
        both = {sounds: list(dict.fromkeys([*usual.get(sounds, ()), *words])) for sounds, words in own.items()}
        self._by_sound = {**usual, **both}

    def __call__(self, text: str) -> str:
        """The normalised text with such words restored; it keeps its length."""
        for _ in range(READINGS):
            restored = self._read(text)
            if restored == text:
                break
            text = restored
        return text

    def _read(self, text: str) -> str:
        restored, taken = list(text), set[int]()
        for _, start, word in sorted(self._found(text), reverse=True):
            places = range(start, start + len(word))
            if taken.isdisjoint(places):
                restored[start : start + len(word)] = word
                taken.update(places)
        return "".join(restored)

    def _found(self, text: str) -> Iterator[tuple[float, int, str]]:
        """(how much likelier, where, word), each in the place of whole words of the text."""
        sounds, around = [pinyin.heard(character) for character in text], f" {text} "
        literal = [0.0, *accumulate(map(self._bigrams.surprise, around, around[1:]))]
        starts = [0]
        for token in self._tokenizer.without_guessing(text):
            starts.append(starts[-1] + len(token))
        for first, start in enumerate(starts):
            for end in starts[first + 2 : first + 1 + LONGEST]:
                if end - start > LONGEST:
                    break
                words = self._by_sound.get(tuple(sounds[start:end]))
                if not words or self._tokenizer.knows(typed := text[start:end]) or typed in words:
                    continue
                for word in words:
                    better = literal[end + 1] - literal[start] - _slips(typed, word)
                    if better > 0:  # what is cheaper is asked first
                        better -= self._bigrams.of(around[start] + word + around[end + 1])
                    if better > 0 and typed not in self._written:
                        yield better, start, word



def _slips(typed: str, word: str) -> float:
    """How surprising it is that somebody types this for that."""
    wrong = [(a, b) for a, b in zip(typed, word, strict=True) if a != b]
    return math.fsum(PER_CHARACTER + BLURRED * (pinyin.sound(a) != pinyin.sound(b)) for a, b in wrong)


def _words(phrases: Iterable[str], tokenizer: Tokenizer) -> Iterator[str]:
    """Of the phrases, those which stand there more than once."""
    parts: Sequence[Sequence[str]] = [tokenizer.words(phrase) for phrase in phrases]
    counts = Counter(word for each in parts for word in each)
    counts.update(a + b for each in parts for a, b in pairwise(each))
    return (word for word, count in counts.items() if count >= (KNOWN if tokenizer.knows(word) else UNKNOWN))


@lru_cache(maxsize=1)
def _usual() -> Mapping[Sounds, Sequence[str]]:
    return _by_sound(word_vectors.words())


def _by_sound(words: Iterable[str]) -> Mapping[Sounds, Sequence[str]]:
    found: dict[Sounds, list[str]] = defaultdict(list)
    for word in words:
        if 1 < len(word) <= LONGEST and pinyin.is_chinese(word):
            found[tuple(map(pinyin.heard, word))].append(word)
    return dict(found)
