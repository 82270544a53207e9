"""Shapes of JSON: what a shape refuses, in Slack's words, and an example of each thing it refuses.

A rule is a part of a shape; it names its source through the `Named` shape it stands in. `broken()` makes from a good
value one bad value per rule, so that every rule has a payload that it refuses.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from re import Pattern
from typing import Any, Protocol

Json = Any


@dataclass(frozen=True)
class Fault:
    words: str
    pointer: str

    def __str__(self) -> str:
        return f"{self.words} [json-pointer:{self.pointer}]"


class Shape(Protocol):
    def faults(self, value: Json, at: str) -> Iterator[Fault]: ...

    def good(self) -> Json: ...

    def broken(self) -> Iterator[tuple[str, Json]]:
        """(the rule, a value that it refuses), one for each rule of this shape."""
        ...


@dataclass(frozen=True)
class Text:
    most: int = 10**6
    least: int = 1
    example: str = "words"

    def faults(self, value: Json, at: str) -> Iterator[Fault]:
        if not isinstance(value, str):
            yield Fault("must be a string", at)
        elif len(value) < self.least:
            yield Fault(f"must be more than {self.least - 1} characters", at)
        elif len(value) > self.most:
            yield Fault(f"must be less than {self.most + 1} characters", at)

    def good(self) -> Json:
        return self.example

    def broken(self) -> Iterator[tuple[str, Json]]:
        yield "is a string", 7
        if self.least:
            yield f"has {self.least} characters or more", ""
        if self.most < 10**6:
            yield f"has at most {self.most} characters", "x" * (self.most + 1)


@dataclass(frozen=True)
class Boolean:
    def faults(self, value: Json, at: str) -> Iterator[Fault]:
        if not isinstance(value, bool):
            yield Fault("must be a boolean", at)

    def good(self) -> Json:
        return True

    def broken(self) -> Iterator[tuple[str, Json]]:
        yield "is a boolean", "true"


@dataclass(frozen=True)
class Number:
    least: float = float("-inf")
    most: float = float("inf")
    whole: bool = True

    def faults(self, value: Json, at: str) -> Iterator[Fault]:
        if isinstance(value, bool) or not isinstance(value, int if self.whole else int | float):
            yield Fault("must be an integer" if self.whole else "must be a number", at)
        elif not self.least <= value <= self.most:
            yield Fault(f"must be between {self.least} and {self.most}", at)

    def good(self) -> Json:
        return int(max(self.least, 1)) if self.least != float("-inf") else 1

    def broken(self) -> Iterator[tuple[str, Json]]:
        yield "is a number", "seven"
        if self.least != float("-inf"):
            yield f"is at least {self.least}", self.least - 1
        if self.most != float("inf"):
            yield f"is at most {self.most}", self.most + 1


@dataclass(frozen=True)
class OneOf:
    words: tuple[Json, ...]

    def faults(self, value: Json, at: str) -> Iterator[Fault]:
        if not any(value is word or (value == word and type(value) is type(word)) for word in self.words):
            yield Fault(f"value not in allowed list: {', '.join(map(str, self.words))}", at)

    def good(self) -> Json:
        return self.words[0]

    def broken(self) -> Iterator[tuple[str, Json]]:
        yield f"is one of {', '.join(map(str, self.words))}", "something else"


@dataclass(frozen=True)
class Matching:
    pattern: Pattern[str]
    example: str
    most: int = 10**6

    def faults(self, value: Json, at: str) -> Iterator[Fault]:
        if not isinstance(value, str) or not self.pattern.search(value):
            yield Fault(f"does not match pattern {self.pattern.pattern}", at)
        elif len(value) > self.most:
            yield Fault(f"must be less than {self.most + 1} characters", at)

    def good(self) -> Json:
        return self.example

    def broken(self) -> Iterator[tuple[str, Json]]:
        yield f"looks like {self.example}", "%%"
        if self.most < 10**6:
            yield f"has at most {self.most} characters", self.example + "x" * self.most


@dataclass(frozen=True)
class Items:
    of: Shape
    least: int = 1
    most: int = 10**6

    def faults(self, value: Json, at: str) -> Iterator[Fault]:
        if not isinstance(value, list):
            yield Fault("must be an array", at)
            return
        if len(value) < self.least:
            yield Fault(f"no less than {self.least} items allowed", at)
        if len(value) > self.most:
            yield Fault(f"no more than {self.most} items allowed", at)
        for index, item in enumerate(value):
            yield from self.of.faults(item, f"{at}/{index}")

    def good(self) -> Json:
        return [told_apart(self.of.good(), index) for index in range(max(1, self.least))]

    def broken(self) -> Iterator[tuple[str, Json]]:
        yield "is an array", self.of.good()
        if self.least:
            yield f"has {self.least} items or more", []
        if self.most < 10**6:
            yield (
                f"has at most {self.most} items",
                [told_apart(self.of.good(), index) for index in range(self.most + 1)],
            )
        for rule, item in self.of.broken():
            yield f"item {rule}", [*self.good()[1:], item]


def told_apart(item: Json, index: int) -> Json:
    """The same thing under another id, so that a long list breaks no rule but its length."""
    if not isinstance(item, dict):
        return item
    return {key: f"{value}{index}" if key in ("action_id", "block_id") else value for key, value in item.items()}


Check = Callable[[Mapping[str, Json]], Iterator[tuple[str, str]]]


@dataclass(frozen=True)
class Also:
    """A rule over several fields: `refuses` is what to lay over a good value to break it."""

    rule: str
    check: Callable[[Mapping[str, Json]], bool]
    words: str
    refuses: Mapping[str, Json]


@dataclass(frozen=True)
class Fields:
    needs: Mapping[str, Shape]
    may: Mapping[str, Shape] = field(default_factory=dict)
    one_of: Sequence[str] = ()
    """Exactly one of these."""
    any_of: Sequence[str] = ()
    """At least one of these."""
    also: Sequence[Also] = ()

    def faults(self, value: Json, at: str) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield Fault("must provide an object", at)
            return
        for key in self.needs:
            if key not in value:
                yield Fault(f"missing required field: {key}", at)
        for key, item in value.items():
            shape = self.needs.get(key) or self.may.get(key)
            if shape is None:
                yield Fault(f"invalid additional property: {key}", at)
            else:
                yield from shape.faults(item, f"{at}/{key}")
        if self.one_of and sum(key in value for key in self.one_of) != 1:
            yield Fault(f"must define exactly one of {', '.join(self.one_of)}", at)
        if self.any_of and not any(key in value for key in self.any_of):
            yield Fault(f"must define either `{'` or `'.join(self.any_of)}`", at)
        for also in self.also:
            try:
                kept = also.check(value)
            except (LookupError, TypeError, AttributeError, ValueError):
                kept = True  # the shape of a part is wrong, which is said above
            if not kept:
                yield Fault(also.words, at)

    def good(self) -> Json:
        whole = {key: shape.good() for key, shape in self.needs.items()}
        for choice in (self.one_of, self.any_of):
            if choice:
                whole[choice[0]] = self.may[choice[0]].good()
        return whole

    def broken(self) -> Iterator[tuple[str, Json]]:
        good = self.good()
        for key in self.needs:
            yield f"has {key}", {name: value for name, value in good.items() if name != key}
        yield "has nothing that is not known", {**good, "surprise": 1}
        for key, shape in {**self.needs, **self.may}.items():
            rest = {name: value for name, value in good.items() if not (key in self.one_of and name in self.one_of)}
            for rule, value in shape.broken():
                yield f"{key} {rule}", {**rest, key: value}
        for choice in (self.one_of, self.any_of):
            if choice:
                words = "has one of" if choice is self.any_of else "has exactly one of"
                yield (
                    f"{words} {', '.join(choice)}",
                    {name: value for name, value in good.items() if name not in choice},
                )
        if len(self.one_of) > 1:
            yield (
                f"has not all of {', '.join(self.one_of)}",
                {**good, **{key: self.may[key].good() for key in self.one_of}},
            )
        for also in self.also:
            yield also.rule, {**good, **also.refuses}


@dataclass(frozen=True)
class Named:
    """A shape with a page of its own: what holds it refers to it, and its rules are counted once."""

    name: str
    source: str
    shape: Fields

    def faults(self, value: Json, at: str) -> Iterator[Fault]:
        return self.shape.faults(value, at)

    def good(self) -> Json:
        return self.shape.good()

    def broken(self) -> Iterator[tuple[str, Json]]:
        yield f"is a {self.name}", "no object"


@dataclass(frozen=True)
class Kind:
    """One of several named shapes, told apart by `type`."""

    kinds: tuple[Named, ...]

    def faults(self, value: Json, at: str) -> Iterator[Fault]:
        if not isinstance(value, dict):
            yield Fault("must provide an object", at)
            return
        for kind in self.kinds:
            if kind.name == value.get("type"):
                yield from kind.faults(value, at)
                return
        yield Fault(f"unsupported type: {value.get('type')}", f"{at}/type")

    def good(self) -> Json:
        return self.kinds[0].good()

    def broken(self) -> Iterator[tuple[str, Json]]:
        yield f"has a type out of {', '.join(kind.name for kind in self.kinds)}", {"type": "hologram"}
        yield "has a type", {"text": "typeless"}


def typed(
    name: str,
    source: str,
    needs: Mapping[str, Shape] | None = None,
    may: Mapping[str, Shape] | None = None,
    **more: Sequence[Any],
) -> Named:
    """A named shape whose `type` is its name."""
    return Named(name, source, Fields({"type": OneOf((name,)), **(needs or {})}, may or {}, **more))
