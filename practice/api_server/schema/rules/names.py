"""Forms of names, labels, ports and the like: each function lists what is wrong, or nothing (apimachinery)."""

import re

_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = rf"{_LABEL}(\.{_LABEL})*"
_DNS_1035 = "[a-z]([-a-z0-9]*[a-z0-9])?"
_KEY = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]"
_VALUE = f"({_KEY})?"
_CONFIG_KEY = "[-._a-zA-Z0-9]+"
_HEADER = "[-A-Za-z0-9]+"
_PERCENT = "[0-9]+%"

_ENDS = "and must start and end with an alphanumeric character"
_ABOUT_LABEL = f"a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', {_ENDS}"
_ABOUT_SUBDOMAIN = (
    f"a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', {_ENDS}"
)
_ABOUT_1035 = (
    "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, "
    "and end with an alphanumeric character"
)
_ABOUT_KEY = f"must consist of alphanumeric characters, '-', '_' or '.', {_ENDS}"
_ABOUT_VALUE = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', "
    "and must start and end with an alphanumeric character"
)
_ABOUT_CONFIG_KEY = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
_ABOUT_WILDCARD = (
    "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of "
    "lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character"
)

_is_label = re.compile(_LABEL).fullmatch
_is_subdomain = re.compile(_SUBDOMAIN).fullmatch
_is_key = re.compile(_KEY).fullmatch
_is_value = re.compile(_VALUE).fullmatch


def regex_error(about: str, pattern: str, *examples: str) -> str:
    shown = " or ".join(f"'{example}', " for example in examples)
    return f"{about} (e.g. {shown}regex used for validation is '{pattern}')"


def at_most(length: int, unit: str = "characters") -> str:
    return f"must be no more than {length} {unit}"


def between(low: int, high: int) -> str:
    return f"must be between {low} and {high}, inclusive"


def dns_label(name: str) -> list[str]:
    found = [at_most(63)] if len(name) > 63 else []
    if not _is_label(name):
        dots = "must not contain dots"
        found.append(dots if _is_subdomain(name) else regex_error(_ABOUT_LABEL, _LABEL, "my-name", "123-abc"))
    return found


def dns_subdomain(name: str) -> list[str]:
    found = [at_most(253)] if len(name) > 253 else []
    if not _is_subdomain(name):
        found.append(regex_error(_ABOUT_SUBDOMAIN, _SUBDOMAIN, "example.com"))
    return found


def dns_1035_label(name: str) -> list[str]:
    found = [at_most(63)] if len(name) > 63 else []
    if not re.fullmatch(_DNS_1035, name):
        found.append(regex_error(_ABOUT_1035, _DNS_1035, "my-name", "abc-123"))
    return found


def wildcard_subdomain(name: str) -> list[str]:
    found = [at_most(253)] if len(name) > 253 else []
    pattern = rf"\*\.{_SUBDOMAIN}"
    if not re.fullmatch(pattern, name):
        found.append(regex_error(_ABOUT_WILDCARD, pattern, "*.example.com"))
    return found


def label_key(key: str) -> list[str]:
    """`app`, `example.com/app`; also what Kubernetes calls a qualified name."""
    if len(key) <= 63 and _is_key(key):
        return []
    parts = key.split("/")
    examples = ("MyName", "my.name", "123-abc")
    if len(parts) > 2:
        return [
            f"a valid label key {regex_error(_ABOUT_KEY, _KEY, *examples)}"
            " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')"
        ]
    found = []
    if len(parts) == 2:
        found = (
            [f"prefix part {each}" for each in dns_subdomain(parts[0])]
            if parts[0]
            else ["prefix part must be non-empty"]
        )
    name = parts[-1]
    if not name:
        found.append("name part must be non-empty")
    elif len(name) > 63:
        found.append(f"name part {at_most(63, 'bytes')}")
    if not _is_key(name):
        found.append(f"name part {regex_error(_ABOUT_KEY, _KEY, *examples)}")
    return found


def label_value(value: str) -> list[str]:
    found = [at_most(63, "bytes")] if len(value) > 63 else []
    if not _is_value(value):
        found.append(regex_error(_ABOUT_VALUE, _VALUE, "MyValue", "my_value", "12345"))
    return found


def config_key(key: str) -> list[str]:
    """A key of a ConfigMap or Secret."""
    found = [at_most(253)] if len(key) > 253 else []
    if not re.fullmatch(_CONFIG_KEY, key):
        found.append(regex_error(_ABOUT_CONFIG_KEY, _CONFIG_KEY, "key.name", "KEY_NAME", "key-name"))
    if key in (".", ".."):
        found.append(f"must not be '{key}'")
    elif key.startswith(".."):
        found.append("must not start with '..'")
    return found


def variable_name(name: str) -> list[str]:
    if not name:
        return ["environment variable name must be non-empty"]
    if any(not " " <= letter <= "~" or letter == "=" for letter in name):
        return ["a valid environment variable name must consist only of printable ASCII characters other than '='"]
    return []


def header_name(name: str) -> list[str]:
    about = "a valid HTTP header must consist of alphanumeric characters or '-'"
    return [] if re.fullmatch(_HEADER, name) else [regex_error(about, _HEADER, "X-Header-Name")]


def port_number(port: int) -> list[str]:
    return [] if 1 <= port <= 65535 else [between(1, 65535)]


def port_name(name: str) -> list[str]:
    found = [at_most(15)] if len(name) > 15 else []
    if not re.fullmatch("[-a-z0-9]+", name):
        found.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", name):
        found.append("must contain at least one letter (a-z)")
    if "--" in name:
        found.append("must not contain consecutive hyphens")
    if name.startswith("-") or name.endswith("-"):
        found.append("must not begin or end with a hyphen")
    return found


def percent(text: str) -> list[str]:
    about = "a valid percent string must be a numeric string followed by an ending '%'"
    return [] if re.fullmatch(_PERCENT, text) else [regex_error(about, _PERCENT, "1%", "93%")]


def path_segment(name: str) -> list[str]:
    if name in (".", ".."):
        return [f"may not be '{name}'"]
    return [f"may not contain '{each}'" for each in ("/", "%") if each in name]
