"""What the language model was asked, and what that costs."""

import re
from dataclasses import dataclass

from domain.plain_json import Json

_PRICE = re.compile(r"(?P<read>\d+(\.\d+)?)\s*/\s*(?P<written>\d+(\.\d+)?)\s*(?P<currency>[A-Z]{3}|[$€£¥])")


@dataclass(frozen=True, slots=True)
class ModelPrice:
    """Per million tokens."""

    read: float
    written: float
    currency: str

    @classmethod
    def parse(cls, text: str) -> "ModelPrice":
        """`2.50/10 USD`: for tokens read, for tokens written; ValueError for anything else."""
        found = _PRICE.fullmatch(text.strip())
        if found is None:
            raise ValueError("must be a price per million tokens read and written, as 2.50/10 USD")
        return cls(float(found["read"]), float(found["written"]), found["currency"])


@dataclass(frozen=True, slots=True)
class ModelUse:
    asked: int = 0
    tokens_read: int = 0
    tokens_written: int = 0
    cost: float = 0.0
    currency: str = ""
    """ "" where no price is set."""

    def __add__(self, other: "ModelUse") -> "ModelUse":
        return ModelUse(
            self.asked + other.asked,
            self.tokens_read + other.tokens_read,
            self.tokens_written + other.tokens_written,
            self.cost + other.cost,
            other.currency or self.currency,
        )

    def at(self, price: ModelPrice | None) -> "ModelUse":
        """The same with its cost."""
        if price is None:
            return self
        cost = (self.tokens_read * price.read + self.tokens_written * price.written) / 1e6
        return ModelUse(self.asked, self.tokens_read, self.tokens_written, cost, price.currency)

    def as_json(self) -> Json:
        return {
            "asked": self.asked,
            "tokens_read": self.tokens_read,
            "tokens_written": self.tokens_written,
            "cost": self.cost,
            "currency": self.currency,
        }

    @classmethod
    def parse(cls, value: Json) -> "ModelUse":
        return cls(
            int(value.get("asked", 0)),
            int(value.get("tokens_read", 0)),
            int(value.get("tokens_written", 0)),
            float(value.get("cost", 0)),
            str(value.get("currency", "")),
        )
