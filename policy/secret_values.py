"""Whether the value beside an announcing name is a secret, or a switch, a number, a reference, a word of prose."""

import re
from itertools import pairwise

from policy.secret_names import Announces

MARK = "[redacted]"

_EMPTY = frozenset(
    "true false yes no on off null none nil undefined undef n/a na unset empty set default auto string str text bytes "
    "redacted masked hidden removed omitted filtered sensitive optional required missing invalid expired incorrect "
    "wrong mismatch mismatched rejected accepted ok okay failed failure denied granted allowed valid absent present "
    "unknown unauthorized forbidden enabled disabled error success successful not cannot could is was has must should "
    "will the a an for from in to and or of with by without using via bearer basic jwt oauth oauth2 oidc digest ntlm "
    "kerberos saml ldap scram scram-sha-256 md5 cookie kubernetes approle token tokens password passwords "
    "secret secrets".split()
)
_SECRET_ANYWAY = frozenset({"password", "passwords", "secret", "secrets", "default", "token", "tokens", "kubernetes"})
"""Words that describe a `token:`, and that people take as a password."""

_PLACEHOLDER = re.compile(
    r"<[^<>]*>|<set to .*|\*{3,}|x{4,}|X{4,}|\.{3,}|-+|_+|\{\{.*|\$\{[^}]*\}.*|\$\(.*|\$[A-Za-z_]+|%\(?\w*\)?[sdvqr+]+|"
    r"\{\w*\}|%\{.*\}|\[[^\]]*\]|@\w+@|#\{.*\}|\(?(?:redacted|masked|hidden|sensitive(?: value)?|none|empty|unset|null)"
    r"\)?|"
    r"\[?REDACTED.*|\*+\w{0,4}|&\{.*|0x[0-9a-f]{6,16}|map\[.*|nil\W*|\[\{?|\W{1,2}",
    re.DOTALL,
)
_REFERENCE = re.compile(
    r"(?:vault|ref|alias|file|env|ssm|secretsmanager|awssm|awsps|gcpsm|gcp|azurekeyvault|keyvault|op|sops|k8s|kubernetes|"
    r"secretKeyRef|configMapKeyRef|arn|projects|secret|secrets|pkcs11|bws)(?::|://|/)[\w./:@#\-]+|"
    r"(?:https?|tcp|udp|unix|grpc|redis|amqp|jdbc:\w+)://\S*",
    re.IGNORECASE,
)
_PATH = re.compile(
    r"(?:[A-Z]:\\|/|\./|\.\./|~/)(?:[a-z][a-z0-9._\-]{0,30}|\.[a-z]\w{0,20}|[A-Z][a-z]+)"
    r"(?:[/\\](?:\.*[a-z0-9_][a-z0-9._\-]{0,40}|\.\.[a-z]\w*))+[/\\]?"
)
_CODE = re.compile(
    r"(?:self|this|config|cfg|settings|os|process|env|args|opts|options|ctx|params|req|request|conf|props|system|values|"
    r"viper|flags?|input|data|var|local|module|resource|each|secrets|inputs|vars|steps|github|matrix)\.[A-Za-z_].*|"
    r"[A-Za-z_][\w.]*\((?:.*\))?;?|new [A-Z].*|func\b.*|&?\w+\{.*",
    re.IGNORECASE | re.DOTALL,
)
_QUANTITY = re.compile(r"[+\-]?\d+(?:\.\d+)?(?:[a-zA-Zµ%]{1,5})?(?:/\w+)?")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DIGEST = re.compile(r"(?:sha\d+|md5|SHA256)[:\-=][0-9A-Za-z+/=]+|[0-9a-f]{7,12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d.*)?|\d\d:\d\d(?::\d\d.*)?|\d{10}(?:\d{3})?(?:\.\d+)?")
_KUBERNETES_NAME = re.compile(
    r"(?:[a-z0-9](?:[a-z0-9.\-]{0,251}[a-z0-9])?/)?[a-z](?:[a-z0-9.\-]{0,251}[a-z0-9])?(?:[/:][a-z0-9.\-_]+)?"
)
_KEBAB = re.compile(r"(?=.*\b[a-z]{3,}\b)[a-z0-9]+(?:-[a-z0-9]+)+")
_NAME_PARTS = re.compile(r"[./:_\-]")
_NAMING = frozenset(
    "secret secrets tls cert certs crt creds credentials credential token tokens key keys config auth password "
    "passwords ca db database registry pull regcred service account sa default api app web ingress http https grpc "
    "kube system postgres postgresql mysql redis mongo mongodb kafka rabbitmq user admin oauth webhook "
    "license env store vault".split()
)
_SESSION_LIKE = re.compile(r"sess|sid$|cookie|csrf|xsrf", re.IGNORECASE)
_COUNTED = re.compile(r"otp|mfa|pin$|passcode", re.IGNORECASE)


def is_secret_value(value: str, sure: Announces, name: str = "") -> bool:
    """Whether `value`, beside `name`, is to be hidden."""
    value = value.strip().rstrip(",;")
    if not sure or not value or value == MARK or _stands_for_another(value):
        return False
    plain = value.lower().rstrip(".:")
    if plain in _EMPTY and not (sure is Announces.password and plain in _SECRET_ANYWAY):
        return False
    if re.fullmatch(r"\d+ bytes", value):
        return False
    if _COUNTED.search(name) and re.fullmatch(r"\d{4,8}", value):
        return True
    if sure is Announces.password:
        return True
    if _QUANTITY.fullmatch(value) or _MOMENT.fullmatch(value) or (_REFERENCE.fullmatch(value) and "?" not in value):
        return False
    if sure is Announces.token:
        return len(value) >= 4 and not (_names_a_secret(value, name) or _says_what_kind(value))
    return looks_drawn(value, name)


def is_plain_word(value: str) -> bool:
    """A word of prose: letters only, no capitals inside."""
    word = value.strip(".,;:!?()")
    return word.isalpha() and (word.islower() or word.istitle() or word.isupper()) and len(word) < 25


def _stands_for_another(value: str) -> bool:
    """A placeholder, a variable, a path or a call: where the secret is, not what it is."""
    if value.startswith(MARK):
        return True
    if _PLACEHOLDER.fullmatch(value) or _PATH.fullmatch(value):
        return True
    if _REFERENCE.fullmatch(value) and value.split(":")[0].split("/")[0].lower() not in (
        "http",
        "https",
        "secret",
        "secrets",
    ):
        return "@" not in value
    return bool(_CODE.fullmatch(value))


def _names_a_secret(value: str, name: str) -> bool:
    """`secret="shop/db-credentials"`: the name of an object, not what is in it."""
    if not _KUBERNETES_NAME.fullmatch(value):
        return False
    parts = [part for part in _NAME_PARTS.split(value) if part]
    if not re.search(r"secrets?$|tokens?$|credentials?$|creds?$", name, re.IGNORECASE) or "_" in name or name.isupper():
        return False
    if re.fullmatch(r"secrets?", name, re.IGNORECASE) and _KEBAB.fullmatch(value) and not _UUID.fullmatch(value):
        return True
    return ("/" in value and len(value) < 80 and not re.search(r"\d[a-z]+\d[a-z]+\d", value)) or (
        len(parts) > 1 and any(part in _NAMING for part in parts)
    )


def _says_what_kind(value: str) -> bool:
    """Sentences after a colon or inside quotes are about the secret."""
    return " " in value.strip() and not any(len(word) > 15 and looks_drawn(word, "") for word in value.split())


def looks_drawn(value: str, name: str) -> bool:
    """Long and mixed enough to come from a generator, and none of the ids that clusters are full of."""
    if re.search(r"\s", value) or len(value) < 8:
        return False
    if _UUID.fullmatch(value):
        return bool(_SESSION_LIKE.search(name))
    if _DIGEST.fullmatch(value) or _MOMENT.fullmatch(value) or _REFERENCE.fullmatch(value):
        return False
    body = re.sub(r"[^A-Za-z0-9]", "", value)
    digits = sum(c.isdigit() for c in body)
    upper, lower = any(c.isupper() for c in body), any(c.islower() for c in body)
    if name.lower().endswith("pass"):
        return (digits > 0 and (upper or lower)) or len(set(value) & set("!@#$%^&*+=?~")) > 0
    if re.fullmatch(r"[0-9a-f]{16,}|[0-9A-F]{16,}", value):
        return not name.lower().endswith("key") or len(name) > 3
    if "/" in value and not re.search(r"[+=]", value) and _KUBERNETES_NAME.fullmatch(value):
        return False
    if digits and upper and lower:
        return len(body) >= 12 and _switches(body) >= 5
    if digits > 1 and (upper or lower):
        return len(body) >= 20 and _switches(body) >= 6 and not re.search(r"[.\-:/_]", value)
    return upper and lower and len(body) >= 20 and _switches(body) >= 8 and not re.search(r"[.\-:/_ ]", value)


def _switches(body: str) -> int:
    """How often the kind of character changes."""
    kinds = ["d" if c.isdigit() else "u" if c.isupper() else "l" for c in body]
    return sum(a != b for a, b in pairwise(kinds))
