"""Reading a text from left to right, so that what is wrong can be pointed at."""

import re


class TimeInvalid(ValueError):
    """A text that is no time; the message shows it with a mark under the character `at` where it goes wrong."""

    def __init__(self, text: str, at: int, problem: str) -> None:
        """`at` counts from 0; it is the length of the text where something is missing at its end."""
        shown = "".join(character if character.isprintable() else "?" for character in text)
        super().__init__(f"{problem}\n  {shown}\n  {' ' * at}^")
        self.text, self.at = text, at


class Scan:
    """A text and the place `at` up to which it has been read."""

    def __init__(self, text: str) -> None:
        """Begins at its start."""
        self.text, self.at = text, 0

    @property
    def over(self) -> bool:
        """Whether everything was read."""
        return self.at == len(self.text)

    def looks_like(self, pattern: str) -> bool:
        """Whether what follows matches; nothing is read."""
        return re.compile(pattern, re.ASCII).match(self.text, self.at) is not None

    def took(self, character: str) -> bool:
        """Read this character if it follows."""
        there = self.text.startswith(character, self.at)
        self.at += there
        return there

    def take_one_of(self, characters: str) -> str:
        """Read one of these. Raises TimeInvalid."""
        found = self.text[self.at : self.at + 1]
        if not found or found not in characters:
            raise self.wrong(f"expected {' or '.join(characters)}" if characters else "expected nothing more here")
        self.at += 1
        return found

    def number(self, least: int, most: int, what: str) -> int:
        """Read so many digits, as many as there are. Raises TimeInvalid."""
        found = re.compile(rf"[0-9]{{{least},{most}}}").match(self.text, self.at)
        if found is None:
            raise self.wrong(f"expected {what}")
        self.at = found.end()
        return int(found[0])

    def between(self, low: int, high: int, what: str, *, digits: int = 2, least: int = 2) -> int:
        """Read a number of `least` to `digits` digits within bounds. Raises TimeInvalid."""
        start, told = self.at, f"{what}, {low:0{digits}} to {high}"
        number = self.number(least, digits, told)
        if not low <= number <= high:
            self.at = start
            raise self.wrong(f"expected {told}")
        return number

    def end(self) -> None:
        """Raises TimeInvalid unless everything was read."""
        if not self.over:
            raise self.wrong("expected nothing more here")

    def wrong(self, problem: str, at: int | None = None) -> TimeInvalid:
        """The error that points here, or at another place."""
        return TimeInvalid(self.text, self.at if at is None else at, problem)
