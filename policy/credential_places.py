"""Secrets known by the place they stand in: addresses, headers, flags of well-known programs, SQL, signed links."""

import re
from collections.abc import Iterator

from policy.secret_values import MARK

Span = tuple[int, int]

_OPEN = r"\\{0,6}[\"']?"
"""An opening quote, escaped or not, or none."""
_BOUND = r"\\{0,6}[\"'\]]?\s{0,4}[:=]{1,2}>?\s{0,4}\[?\\{0,6}[\"']?"
"""Between a header's name and its value, in a request, in JSON, in a printed map."""
_WORD = r"[^\s\"'=\-][^\s\"']{0,511}|[\"'][^\"'\n]{1,512}[\"']"
"""A shell word, quoted or not."""
_ARGUMENTS = r"[^\n|;&]{0,200}?"

_ADDRESS = re.compile(r"://(?=[^\s/@:\"'<>]{0,256}[:@])(?P<run>[^\s\"'`<>\\]{1,1024})")
_DRIVER_ADDRESS = re.compile(r"(?<![\w/:.\-])[\w.\-]{1,64}+:(?!//)(?P<secret>[^\s\"'()=]{1,256}?)@(?:tcp|udp|unix)\(")
_ORACLE = re.compile(r"jdbc:oracle:\w+:[\w$]+/(?P<secret>[^\s@\"']{1,128})@")

_AUTHORIZATION = re.compile(
    rf"(?i)(?<!\w)(?:proxy-)?authorization{_BOUND}"
    r"(?:(?:bearer|basic|token|digest|negotiate|api-?key|key|splunk|aws4-hmac-sha256|ntlm|hmac\S{0,20}|oauth"
    r"|sharedkey\w{0,8}|sharedaccesssignature|geniekey|bot|jwt|ssws|pat)(?:\s|%20)+)?"
    r"(?P<secret>[^\n\r\"'\\,]{4,8192}(?:,(?!\s*[\"'\w\-]+\s*[\"']?:)[^\n\r\"'\\,]{1,4096}){0,12})"
)
_SCHEME = re.compile(
    rf"(?i)(?<![\w\-])(?:bearer|basic)(?:\s|%20|=|:\s?)\s{{0,3}}{_OPEN}"
    r"(?P<secret>[A-Za-z0-9+/_.~\-]{8,8192}+={0,3}(?!\w))"
)
_COOKIE = re.compile(rf"(?i)(?<![\w\-])cookie2?{_BOUND}(?P<secret>[^\s\"'\\=;]{{1,128}}=[^\n\r\"'\\]{{1,8192}})")
_SET_COOKIE = re.compile(rf"(?i)(?<![\w\-])set-cookie{_BOUND}[^\s\"'\\=;]{{1,128}}=(?P<secret>[^\s\"'\\;]{{1,8192}})")

_USER_FLAG = re.compile(
    r"(?<![\w\-])(?:-u|--user|--proxy-user)[ =]{1,2}[\"']?[\w.@+\-]{1,64}:(?P<secret>[^\s\"']{1,512})"
)
_MYSQL = re.compile(rf"\b(?:mysql|mariadb)\w*(?:-\w+)?\b{_ARGUMENTS}\s-p(?P<secret>{_WORD})")
_SSHPASS = re.compile(rf"\bsshpass\b{_ARGUMENTS}\s-p\s?(?P<secret>{_WORD})")
_REDIS = re.compile(rf"\b(?:redis|valkey|keydb)-cli\b{_ARGUMENTS}\s-a\s+(?P<secret>{_WORD})")
_LOGIN = re.compile(
    r"\b(?:docker|podman|nerdctl|helm registry|buildah|skopeo|oras|crane|mongo\w*|az|sqlcmd|ldap\w+|htpasswd|oc)\b"
    rf"{_ARGUMENTS}(?:\blogin\b|\s-[uUDh]\s){_ARGUMENTS}\s-[pPw]\s+(?P<secret>{_WORD})"
)
_LITERAL = re.compile(
    r"\bsecret\b[^\n]{0,200}?--from-literal[= ][\"']?[\w.\-]{1,128}=[\"']?(?P<secret>[^\s\"']{1,4096})"
)
_SQL = re.compile(
    r"(?i)(?:identified\s+(?:with\s+\S{1,60}\s+)?by|password\s+for\s+\S{1,80}\s*=|set\s+password\s*="
    r"|with\s+(?:encrypted\s+)?password)\s+(?:password\s*\(?\s*)?['\"](?P<secret>[^'\"\n]{1,256})"
)
_NETRC = re.compile(r"\blogin[ \t]+\S+\s+password[ \t]+(?P<secret>\S+)")

_SIGNED_LINK = re.compile(
    r"(?i)[?&](?:sig|signature|x-(?:amz|goog)-(?:signature|credential|security-token)|awsaccesskeyid|code|state"
    r"|assertion|samlresponse|key|auth|access_token)=(?P<secret>[^&\s\"'<>\\#]{12,8192})"
)
_AWS_SIGNATURE = re.compile(r"(?:Credential=(?=[^,\s\"']*/)|Signature=(?=[0-9a-f]{64}))(?P<secret>[^,\s\"']{16,256})")
_AUTH_FIELD = re.compile(
    rf"\\{{0,6}}[\"']_?auth\\{{0,6}}[\"']\s{{0,4}}:\s{{0,4}}{_OPEN}(?P<secret>[A-Za-z0-9+/=]{{6,4096}})\\{{0,6}}[\"']"
)
_NPMRC = re.compile(r"(?m)^[ \t]*(?://\S+:)?_(?:auth|password|authToken)\s{0,4}=\s{0,4}(?P<secret>[^\s\"'$]{6,4096})")

_PLACES: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("uthorization", "UTHORIZATION"), _AUTHORIZATION),
    (("earer", "EARER", "asic", "ASIC"), _SCHEME),
    (("ookie", "OOKIE"), _COOKIE),
    (("ookie", "OOKIE"), _SET_COOKIE),
    (("-u", "--user", "--proxy-user"), _USER_FLAG),
    (("@tcp(", "@udp(", "@unix("), _DRIVER_ADDRESS),
    (("jdbc:oracle",), _ORACLE),
    (("mysql", "mariadb"), _MYSQL),
    (("sshpass",), _SSHPASS),
    (("-cli",), _REDIS),
    ((" -p ", " -P ", " -w "), _LOGIN),
    (("--from-literal",), _LITERAL),
    (("IDENTIFIED", "identified", "PASSWORD", "password", "Password"), _SQL),
    (("login",), _NETRC),
    (("?", "&"), _SIGNED_LINK),
    (("Credential=", "Signature="), _AWS_SIGNATURE),
    (("auth",), _AUTH_FIELD),
    (("_auth", "_password"), _NPMRC),
)
"""What a text must hold for a pattern to be worth trying, and the pattern."""


def place_spans(text: str) -> Iterator[Span]:
    """Where secrets stand by virtue of their place."""
    if "://" in text:
        for match in _ADDRESS.finditer(text):
            yield from _credentials_of(match)
    for hints, pattern in _PLACES:
        if any(hint in text for hint in hints):
            for match in pattern.finditer(text):
                if not _is_spoken(pattern, match["secret"].strip()):
                    yield match.span("secret")


def _is_spoken(pattern: re.Pattern[str], value: str) -> bool:
    """`Bearer authentication` and `Authorization: denied` are prose; `<masked>` and `$TOKEN` are no secrets either."""
    if MARK in value or value.startswith(("<", "$", "{{", "***", "%")):
        return True
    has_digit = any(c.isdigit() for c in value)
    if pattern is _SCHEME:
        return not has_digit and (value.islower() or value.istitle() or value.isupper())
    if pattern is _AUTHORIZATION:
        return not has_digit and (" " in value or (value.isalpha() and value.islower() and len(value) < 20))
    if pattern is _AUTH_FIELD:
        return value.isalpha() and value.islower()
    return pattern is _SIGNED_LINK and not has_digit


def _credentials_of(match: re.Match[str]) -> Iterator[Span]:
    """The password (or the lone token) before the `@` of an address; passwords may hold `@`, `:` and, wrongly, `/`."""
    run, start = match["run"], match.start("run")
    authority = re.split(r"[/?#,]", run, maxsplit=1)[0]
    at = authority.rfind("@")
    if at < 0:
        user, colon, rest = run.partition(":")
        at = run.rfind("@", 0, 300)
        if not colon or at < len(user) or re.match(r"\d{1,5}(?:[/?#,]|$)", rest) or "/" in user:
            return
        authority = run
    user, colon, password = authority[:at].partition(":")
    if colon:
        if password and password != MARK and not password.startswith(("$", "<", "{", "%", "***")):
            yield start + len(user) + 1, start + at
    elif len(user) >= 20 and any(c.isdigit() for c in user) and re.fullmatch(r"[\w.\-~%]+", user):
        yield start, start + at
