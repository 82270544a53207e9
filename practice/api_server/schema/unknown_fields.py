"""Reading objects strictly: what the server keeps of what it was sent, and its words about the rest."""

import base64
import binascii
import json
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from practice.api_server.schema import times
from practice.api_server.schema.go_words import cannot_restore, kind_of, kind_of_number, wrong_byte
from practice.api_server.schema.json_words import syntax_error, unknown_constant
from practice.api_server.schema.quantities import WRONG_FORMAT, BadQuantity, canonical
from practice.api_server.schema.schemas import Field, Json, Schema, empty

_MOST_STRICT_ERRORS = 100
_INT_RANGE = {"int32": 2**31, "int64": 2**63}


class CannotDecode(ValueError):
    """Not an object of that kind; the text is the server's, without what it puts in front."""


class Repeated(dict[str, Any]):
    """A JSON object in which keys came twice; the last one won."""

    keys_again: tuple[str, ...] = ()


@dataclass(slots=True)
class Decoded:
    """An object as the server keeps it, and its strict errors (`unknown field "spec.x"`): as met, a patch's sorted."""

    item: Json
    strict: list[str] = field(default_factory=list)


def parsed(body: bytes | str) -> Any:
    """JSON that remembers keys that came twice; ValueError in Go's words if it is none."""
    text = body if isinstance(body, str) else body.decode(errors="replace")
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=unknown_constant)
    except json.JSONDecodeError as error:
        raise ValueError(syntax_error(text, error)) from None


def repeated_keys(item: Any, path: str = "") -> list[str]:
    """`duplicate field "spec.x"` for each key that came twice, whatever the shape."""
    found: list[str] = []
    if isinstance(item, Repeated):
        found = [f"duplicate field {json.dumps(f'{path}.{key}'.removeprefix('.'))}" for key in item.keys_again]
    if isinstance(item, dict):
        found += [each for key, value in item.items() for each in repeated_keys(value, f"{path}.{key}")]
    elif isinstance(item, list):
        found += [each for place, value in enumerate(item) for each in repeated_keys(value, f"{path}[{place}]")]
    return found


def decoded(item: Json, schema: Schema, *, patched: bool = False, settled: Json | None = None) -> Decoded:
    """What is left of an object once the server has read it: known fields, without what it leaves out.

    `patched`: words of a strategic merge patch, whose outcome is read another way. `settled`: an object that was read
    before; what is the very same value in both is not read again, and shared. CannotDecode for wrong types.
    """
    reader = _Reader(schema, patched)
    kept = reader.struct(item, schema, settled or {})
    if reader.wrong:
        raise CannotDecode(reader.wrong)
    return Decoded(kept, sorted(reader.strict) if patched else reader.strict)


def strict_error(errors: list[str]) -> str:
    """`strict decoding error: unknown field "spec.x"`."""
    return "strict decoding error: " + ", ".join(errors)


def _object(pairs: list[tuple[str, Any]]) -> Json:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    again = Repeated(found)
    counts = Counter(key for key, _ in pairs)
    again.keys_again = tuple(key for key, count in counts.items() if count > 1)
    return again


class _Reader:
    def __init__(self, root: Schema, patched: bool) -> None:
        self.strict: list[str] = []
        self.wrong = ""
        """The first value of a wrong type. The server reads on, as what reads itself may be refused before it."""
        self._root = root
        self._patched = patched
        self._path: list[str | int] = []

    def struct(self, item: Any, schema: Schema, settled: Json) -> Json:
        fields, path = schema.fields, self._path
        found: Json = {}
        if isinstance(item, Repeated):
            self._repeated(item)
        for key, value in item.items():
            known = fields.get(key)
            if known is None:
                self._note("unknown", key)
            elif key in settled and value is settled[key]:
                found[key] = value
            elif value is not None:
                path.append(key)
                kept = self._value(value, known, settled.get(key))
                path.pop()
                if kept or not known.omitted_when_zero or (known.pointer and kept is not None):
                    found[key] = kept
        for each in schema.always:
            if each.name not in found:
                found[each.name] = each.zero()
        return found

    def _value(self, value: Any, known: Field, settled: Any = None) -> Any:
        schema = known.schema
        form = schema.form
        if form == "string":
            return value if type(value) is str else self._wrong(value, known)
        if form == "struct":
            if not isinstance(value, dict):
                return self._wrong(value, known)
            return self.struct(value, schema, settled if isinstance(settled, dict) else {})
        if form == "list":
            if not isinstance(value, list) or schema.element is None:
                return self._wrong(value, known)
            same = {id(each) for each in settled} if isinstance(settled, list) else ()
            return [
                each if id(each) in same else self._element(each, schema.element, place)
                for place, each in enumerate(value)
            ]
        if form == "map":
            if not isinstance(value, dict) or schema.element is None:
                return self._wrong(value, known)
            if isinstance(value, Repeated):
                self._repeated(value)
            return {key: self._element(each, schema.element, _Key(key)) for key, each in value.items()}
        if form in _INT_RANGE:
            return self._integer(value, known)
        if form == "bool":
            return value if isinstance(value, bool) else self._wrong(value, known)
        return self._special(value, known)

    def _element(self, value: Any, known: Field, place: int | str) -> Any:
        if value is None:
            return empty(known.schema) if known.schema.form == "struct" else known.zero()
        self._path.append(place)
        kept = self._value(value, known)
        self._path.pop()
        return kept

    def _integer(self, value: Any, known: Field) -> Any:
        limit = _INT_RANGE[known.schema.form]
        if type(value) is int and -limit <= value < limit:
            return value
        if self._patched and type(value) is float and value.is_integer():
            return int(value)
        return self._wrong(value, known)

    def _special(self, value: Any, known: Field) -> Any:
        match known.schema.form:
            case "any":
                return value
            case "quantity":
                if not isinstance(value, str | int | float) or isinstance(value, bool):
                    raise CannotDecode(WRONG_FORMAT)
                try:
                    return canonical(value.strip() if isinstance(value, str) else json.dumps(value))
                except BadQuantity as bad:
                    raise CannotDecode(str(bad)) from None
            case "time" | "micro-time":
                if not isinstance(value, str):
                    return self._wrong_inside(kind_of(value), "string")
                try:
                    return times.canonical(value, micro=known.schema.form == "micro-time") or None
                except ValueError as bad:
                    raise CannotDecode(str(bad)) from None
            case "int-or-string":
                if isinstance(value, str) or (type(value) is int and -(2**31) <= value < 2**31):
                    return value
                return self._wrong_inside(kind_of_number(value), "int32")
            case _:
                return self._bytes(value, known)

    def _bytes(self, value: Any, known: Field) -> Any:
        if isinstance(value, list) and not self._patched:
            return self._bytes_of_numbers(value)
        if not isinstance(value, str):
            return self._wrong(value, known)
        plain = value.replace("\n", "").replace("\r", "")
        try:
            base64.b64decode(plain, validate=True)
        except binascii.Error:
            words = f"illegal base64 data at input byte {wrong_byte(plain)}"
            if self._patched:
                raise CannotDecode(f"error decoding from json: {words}") from None
            self.wrong = self.wrong or words
        return plain

    def _bytes_of_numbers(self, value: list[Any]) -> str:
        """Go reads bytes from a list of numbers too."""
        for each in value:
            if each is not None and not (type(each) is int and 0 <= each < 256):
                self.wrong = self.wrong or self._cannot_unmarshal(kind_of_number(each), "uint8")
                return ""
        return base64.b64encode(bytes(each or 0 for each in value)).decode()

    def _repeated(self, item: Repeated) -> None:
        for key in item.keys_again:
            self._note("duplicate", key)

    def _note(self, what: str, key: str) -> None:
        said = f"{what} field {json.dumps(_joined([*self._path, key]), ensure_ascii=False)}"
        if len(self.strict) < _MOST_STRICT_ERRORS and said not in self.strict:
            self.strict.append(said)

    def _wrong(self, value: Any, known: Field) -> Any:
        if self._patched:
            raise CannotDecode(cannot_restore(value, known))
        given = kind_of_number(value) if known.schema.form in _INT_RANGE else kind_of(value)
        self.wrong = self.wrong or self._cannot_unmarshal(given, known.go_type)
        return None

    def _wrong_inside(self, given: str, go_type: str) -> Any:
        """A type that reads itself; a patch's outcome is read without saying where."""
        if self._patched:
            raise CannotDecode(f"json: cannot unmarshal {given} into Go value of type {go_type}")
        raise CannotDecode(self._cannot_unmarshal(given, go_type))

    def _cannot_unmarshal(self, given: str, go_type: str) -> str:
        """Go's path: no places in lists, no keys of maps, but the structs that are embedded."""
        schema, owner, names = self._root, self._root, []
        for place in self._path:
            if type(place) is str:
                owner, known = schema, schema.fields[place]
                names += [known.embedded_in] * bool(known.embedded_in) + [place]
                schema = known.schema
            elif schema.element:
                schema = schema.element.schema
        where, go_type = f"{owner.go_name}.{'.'.join(names)}", go_type.replace("[]byte", "[]uint8")
        return f"json: cannot unmarshal {given} into Go struct field {where} of type {go_type}"


class _Key(str):
    """A key of a map, in a path of fields."""

    __slots__ = ()


def _joined(path: list[str | int]) -> str:
    return "".join(f"[{each}]" if isinstance(each, int) else f".{each}" for each in path).removeprefix(".")
