"""Secrets known by the place they stand in: key blocks, addresses, headers, flags of well-known programs, manifests."""

import base64
import binascii
import re
from collections.abc import Iterator

from policy.secret_values import MARK

Span = tuple[int, int]

_KEY_BLOCK = re.compile(
    r"-----BEGIN (?:[A-Z0-9]+ ){0,4}PRIVATE KEY(?: BLOCK)?-----"
    r"(?P<body>(?:(?!-----(?:BEGIN|END))[\s\S]){0,20000}+)(?P<end>-----END [A-Z0-9 ]{1,50}-----)?"
)
_KEY_LINES = re.compile(
    r"(?:(?:\\+[rn]|\s|[\"'+|>,])*[A-Za-z0-9+/=]{16,}|(?:\\+[rn]|\s)*[A-Za-z0-9+/=]+$"
    r"|(?:\\+[rn]|\s)*[A-Z][A-Za-z-]+: [^\n]*)+"
)
_PUTTY = re.compile(r"Private-Lines: \d+\s*\n(?P<body>(?:[A-Za-z0-9+/=]+\r?\n?)+)")
_ENCODED_KEY = re.compile(r"LS0tLS1CRUdJTi[A-Za-z0-9+/=]{20,}")
_AUTHORITY = re.compile(r"://(?=[^\s/@:\"'<>]{0,256}[:@])(?P<run>[^\s\"'`<>\\]{1,1024})")
_DRIVER_ADDRESS = re.compile(r"(?<![\w/:.\-])[\w.\-]{1,64}+:(?!//)(?P<secret>[^\s\"'()=]{1,256}?)@(?:tcp|udp|unix)\(")
_ORACLE = re.compile(r"jdbc:oracle:\w+:[\w$]+/(?P<secret>[^\s@\"']{1,128})@")
_HEADER = re.compile(
    r"(?i)(?<![\w])(?:proxy-)?authorization\\{0,6}[\"'\]]?\s{0,4}[:=]{1,2}>?\s{0,4}\[?\\{0,6}[\"']?"
    r"(?:(?:bearer|basic|token|digest|negotiate|apikey|api-key|key|splunk|aws4-hmac-sha256|ntlm|hmac\S{0,20}|oauth|sharedkey\w{0,8}|sharedaccesssignature|genie\w*|bot|jwt|ssws|pat)(?:\s|%20)+)?"
    r"(?P<secret>[^\n\r\"'\\,]{4,8192}(?:,(?!\s*[\"'\w\-]+\s*[\"']?:)[^\n\r\"'\\,]{1,4096}){0,12})"
)
_SCHEME = re.compile(
    r"(?i)(?<![\w\-])(?:bearer|basic)(?:\s|%20|=|:\s?)\s{0,3}\\{0,6}[\"']?(?P<secret>[A-Za-z0-9+/_.~\-]{8,8192}+={0,3}(?!\w))"
)
_COOKIE = re.compile(
    r"(?im)(?<![\w\-])cookie2?\\{0,6}[\"'\]]?\s{0,4}[:=]\s{0,4}\[?\\{0,6}[\"']?(?P<secret>[^\s\"'\\=;]{1,128}=[^\n\r\"'\\]{1,8192})"
)
_SET_COOKIE = re.compile(
    r"(?i)(?<![\w\-])set-cookie\\{0,6}[\"'\]]?\s{0,4}[:=]\s{0,4}\[?\\{0,6}[\"']?[^\s\"'\\=;]{1,128}=(?P<secret>[^\s\"'\\;]{1,8192})"
)
_LITERAL = re.compile(r"secret\b[^\n]{0,200}?--from-literal[= ][\"']?[\w.\-]{1,128}=[\"']?(?P<secret>[^\s\"']{1,4096})")
_USER_FLAG = re.compile(
    r"(?<![\w\-])(?:-u|--user|--proxy-user)[ =]{1,2}[\"']?[\w.@+\-]{1,64}:(?P<secret>[^\s\"']{1,256})"
)
_SHORT_FLAGS = re.compile(
    r"(?<![\w/\-])(?:(?:mysql(?:dump|admin|import|check|show)?|mariadb(?:-dump|-admin)?|mycli|mysqlsh)\b[^\n|;&]{0,200}?\s-p(?P<a>[^\s\"'=\-][^\s\"']{0,128}|[\"'][^\"'\n]{1,128}[\"'])"
    r"|sshpass\b[^\n|;&]{0,60}?\s-p\s?(?P<b>[^\s\"']{1,128}|[\"'][^\"'\n]{1,128}[\"'])"
    r"|(?:redis-cli|valkey-cli|keydb-cli)\b[^\n|;&]{0,200}?\s-a\s+(?P<c>[^\s\"']{1,128}|[\"'][^\"'\n]{1,128}[\"'])"
    r"|(?:docker|podman|nerdctl|helm registry|buildah|skopeo|oras|crane|mongo|mongosh|mongodump|mongorestore|az|sqlcmd|"
    r"psql|ldapsearch|ldapmodify|ldapadd|snmpwalk|curl|smbclient|htpasswd|oc)\b"
    r"(?=[^\n|;&]{0,300}?\s-(?:p|P|w|A)\s)[^\n|;&]{0,120}(?:\blogin\b|\s-[uUDh](?=\s))[^\n|;&]{0,200}?\s-(?:p|P|w)\s+(?P<d>[^\s\"'\-][^\s\"']{0,128}|[\"'][^\"'\n]{1,128}[\"']))"
)
_SQL = re.compile(
    r"(?i)(?:identified\s+(?:with\s+\S{1,60}\s+)?by|password\s+for\s+\S{1,80}\s*=|set\s+password\s*=|with\s+(?:encrypted\s+)?password)\s+(?:password\s*\(?\s*)?(?P<quote>['\"])(?P<secret>[^'\"\n]{1,256})"
)
_QUERY_SIGNATURE = re.compile(
    r"(?i)[?&](?:sig|signature|x-amz-signature|x-amz-security-token|x-amz-credential|x-goog-signature|x-goog-credential|awsaccesskeyid|code|state|assertion|samlresponse|key|auth|access_token|sv_sig)=(?P<secret>[^&\s\"'<>\\#]{12,8192})"
)
_AWS_SIGNATURE = re.compile(r"(?:Credential=(?P<secret>[^,\s\"']{16,256}))|(?:Signature=(?P<hex>[0-9a-f]{64}))")
_NETRC = re.compile(r"(?m)\blogin[ \t]+\S+\s+password[ \t]+(?P<secret>\S+)")
_AUTH_FIELD = re.compile(
    r"\\{0,6}[\"']_?auth\\{0,6}[\"']\s{0,4}:\s{0,4}\\{0,6}[\"'](?P<secret>[A-Za-z0-9+/=]{6,4096})\\{0,6}[\"']|(?m:^[ \t]*(?://\S+:)?_(?:auth|password|authToken)\s{0,4}=\s{0,4}(?P<bare>[^\s\"'$]{6,4096}))"
)
_MANIFEST = re.compile(r"\\{0,6}[\"']?kind\\{0,6}[\"']?\s{0,4}:\s{0,4}\\{0,6}[\"']?Secret\b(?!\w)")
_MANIFEST_JSON = re.compile(
    r"(?P<slashes>\\{0,6})\"(?:data|stringData)(?P=slashes)\"\s{0,4}:\s{0,10}\{(?P<body>[^{}]{1,200000})\}"
)
_MANIFEST_ENTRY = re.compile(r":\s{0,10}\\{0,6}\"(?P<secret>(?:[^\"\\]|\\[nrt/u])+)\\{0,6}\"")
_MANIFEST_YAML = re.compile(
    r"(?m)^(?P<indent>[ \t]*)(?:- )?(?:data|stringData):[ \t]*\r?\n(?P<body>(?:(?P=indent)[ \t]+\S[^\n]*\n?|[ \t]*\n)+)"
)
_YAML_ENTRY = re.compile(
    r"(?m)^[ \t]+[\w.\-\"']+:[ \t]+(?![|>][+\-]?[ \t]*$)(?P<secret>\S[^\n]*?)[ \t\r]*$"
    r"|^[ \t]+(?P<line>(?![\w.\-\"']+:(?:[ \t]|$))\S[^\n]*)$"
)

_PLAIN: tuple[tuple[tuple[str, ...], re.Pattern[str]], ...] = (
    (("uthorization", "UTHORIZATION"), _HEADER),
    (("earer", "EARER", "asic", "ASIC"), _SCHEME),
    (("ookie", "OOKIE"), _COOKIE),
    (("ookie", "OOKIE"), _SET_COOKIE),
    (("--from-literal",), _LITERAL),
    (("-u", "--user", "--proxy-user"), _USER_FLAG),
    (("@tcp(", "@udp(", "@unix("), _DRIVER_ADDRESS),
    (("jdbc:oracle",), _ORACLE),
    ((" -p", " -a ", " -P ", " -w "), _SHORT_FLAGS),
    (("IDENTIFIED", "identified", "PASSWORD", "password", "Password"), _SQL),
    (("?", "&"), _QUERY_SIGNATURE),
    (("Credential=", "Signature="), _AWS_SIGNATURE),
    (("login",), _NETRC),
    (("auth", "_password"), _AUTH_FIELD),
    (("Private-Lines",), _PUTTY),
)


def place_spans(text: str) -> Iterator[Span]:
    """Where secrets stand by virtue of their place."""
    if "PRIVATE KEY" in text:
        yield from _key_blocks(text)
    if "LS0tLS1CRUdJTi" in text:
        yield from (m.span() for m in _ENCODED_KEY.finditer(text) if _is_private(m.group()))
    if "://" in text:
        for match in _AUTHORITY.finditer(text):
            yield from _credentials_of(match)
    for hints, pattern in _PLAIN:
        if any(hint in text for hint in hints):
            yield from _groups(pattern, text)
    if "Secret" in text and _MANIFEST.search(text):
        yield from _manifest_values(text)


def _groups(pattern: re.Pattern[str], text: str) -> Iterator[Span]:
    for match in pattern.finditer(text):
        for group, value in match.groupdict().items():
            if value and group != "quote" and not _is_spoken(pattern, value):
                yield match.span(group)


def _is_spoken(pattern: re.Pattern[str], value: str) -> bool:
    """`Bearer authentication` and `Authorization: denied` are prose; `<masked>` and `$TOKEN` are no secrets either."""
    value = value.strip()
    if MARK in value or value.startswith(("<", "$", "{{", "***", "%")):
        return True
    if pattern is _SCHEME:
        return not any(c.isdigit() for c in value) and not (
            value.lower() != value and not value.istitle() and not value.isupper()
        )
    if pattern is _HEADER:
        return (" " in value and not re.search(r"\d", value)) or (
            value.isalpha() and value.lower() == value and len(value) < 20
        )
    if pattern is _AUTH_FIELD:
        return value.isalpha() and value.islower()
    if pattern is _QUERY_SIGNATURE:
        return not any(c.isdigit() for c in value)
    return False


def _key_blocks(text: str) -> Iterator[Span]:
    for match in _KEY_BLOCK.finditer(text):
        if match["end"]:
            yield match.span()
        else:
            lines = _KEY_LINES.match(text, match.start("body"))
            yield match.start(), lines.end() if lines else match.start("body")


def _is_private(encoded: str) -> bool:
    """Whether this base64 is a PEM block of a private key, rather than a certificate."""
    head = encoded[: len(encoded) // 4 * 4][:80]
    try:
        return b"PRIVATE KEY" in base64.b64decode(head)
    except binascii.Error:
        return False


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
    credentials = authority[:at]
    user, colon, password = credentials.partition(":")
    if colon:
        if password and password != MARK and not password.startswith(("$", "<", "{", "%", "***")):
            yield start + len(user) + 1, start + at
    elif len(user) >= 20 and any(c.isdigit() for c in user) and re.fullmatch(r"[\w.\-~%]+", user):
        yield start, start + at


def _manifest_values(text: str) -> Iterator[Span]:
    """The values of a Secret that somebody pasted, in JSON (also escaped inside an annotation) and YAML."""
    for block in _MANIFEST_JSON.finditer(text):
        for entry in _MANIFEST_ENTRY.finditer(text, *block.span("body")):
            if entry["secret"] != MARK:
                yield entry.span("secret")
    for block in _MANIFEST_YAML.finditer(text):
        for entry in _YAML_ENTRY.finditer(text, *block.span("body")):
            group = "secret" if entry["secret"] else "line"
            if entry[group].strip("\"'") != MARK:
                yield entry.span(group)
