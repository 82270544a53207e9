"""Which names announce a secret: the words of a key decide, its last one above all."""

import re
from enum import IntEnum
from functools import lru_cache


class Announces(IntEnum):
    """How sure a name makes us that the value beside it is secret."""

    nothing = 0
    maybe = 1
    """Only a value that looks made by a machine is one: `key`, `auth`, `session`, `signature`."""
    token = 2
    """Anything but a small number or an ordinary word: `token`, `secret`, `api_key`."""
    password = 3
    """Any value at all."""


_PASSWORDS = frozenset(
    "password passwd pwd pswd psw passphrase passcode passkey passwort kennwort contrasena contraseña senha motdepasse "
    "rootpw bindpw dbpw adminpw keypass storepass userpass rootpass dbpass requirepass masterauth masterpass sshpass "
    "mnemonic pw psk".split()
)
_TOKENS = frozenset(
    "secret token apikey accesskey secretkey privatekey authtoken accesstoken refreshtoken idtoken identitytoken "
    "clientsecret appsecret sharedsecret sessiontoken bearertoken apitoken jwt pat signingkey encryptionkey otp "
    "totp mfa accountkey sharedaccesskey masterkey credential appkey applicationkey licensekey servicekey "
    "webhooksecret hmackey registrationtoken deploykey authkey apisecret csrftoken xsrftoken secrettoken "
    "connectionstring connstr".split()
)
_MAYBES = frozenset(
    "key auth authorization session sid cookie signature sig hmac dsn pin salt seed nonce pass bearer license pepper "
    "assertion webhook code credentials creds cred".split()
)
_KEY_OWNERS = frozenset(
    "api access secret private client signing encryption master account shared storage service app application "
    "license deploy auth hmac aes rsa ssh gpg session admin root server tls ssl db database webhook subscription "
    "function functions ingest write consumer customer project integration routing jwt cipher crypto kms vault "
    "decryption unseal recovery user bot rest telemetry datadog dd newrelic sentry stripe sendgrid twilio openai "
    "anthropic mailgun maps google azure aws gcp".split()
)
"""Before `key`, these make it a secret; `config key` and `object key` stay what they are."""

_SPEAKS_OF_IT = frozenset("checksum fingerprint public pub foreign partition sort cache etag idempotency".split())
"""Anywhere in a name, these say that it is about something else: a checksum, a public key, a database's key."""

_QUALIFIES = frozenset(
    "data base64 b64 value plain plaintext raw string text encoded encrypted json pem old new current previous prod "
    "production dev staging live test backup primary secondary literal val base".split()
)
"""As the last word, these only say which or in what form: the words before them decide."""

_DESCRIBES = frozenset(
    "name names ref refs reference file files filename path paths dir directory count counts length len size type "
    "types ttl expiry expires expired expiration seconds minutes duration timeout url uri urls endpoint endpoints "
    "version policy mount mode provider algorithm alg required enabled disabled rotation age limit limits usage used "
    "max min namespace kind manager store class status state valid invalid validity error errors failed failures field "
    "format generator rule rules method methods strength prompt reset at in for is has days hours source selector "
    "template creation created updated modified issuer audience scope scopes attempts retries rate budget requests per "
    "total completion input output cached context window review reviews projection mounts exists change changed check "
    "checks service server host port user username owner operator controller backend location env var variable prefix "
    "suffix header label annotation index order range id ids number sync volume volumes items item optional immutable "
    "cache pair pairs ring rings spec specs default reason decision encoder validator".split()
)
"""As the last word, these say that the value is about a secret, and not the secret."""

_COUNTED = frozenset("max min total prompt completion input output num n".split())
_NO_PASSWORD = frozenset("by two single first second multi one".split())
_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z\u00e0-\u00ff]+|[A-Z]+|\d+")


@lru_cache(maxsize=8192)
def announces(name: str) -> Announces:
    """What `name` (a key, a flag, a header, a variable) says about the value beside it.

    >>> announces("DB_PASSWORD").name, announces("secretName").name, announces("max_tokens").name
    ('password', 'nothing', 'nothing')
    """
    words = [word.lower() for word in _WORD.findall(name)]
    while len(words) > 1 and (words[-1].isdigit() or words[-1] in _QUALIFIES):
        if words[-2:] in (["connection", "string"], ["conn", "string"]):
            return Announces.token
        words.pop()
    if not words or not _SPEAKS_OF_IT.isdisjoint(words):
        return Announces.nothing
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last == "id":
        return {"secret": Announces.token, "session": Announces.maybe}.get(before, Announces.nothing)
    if last in ("hash", "digest"):
        return Announces.password if before in _PASSWORDS else Announces.nothing
    return Announces.nothing if last in _DESCRIBES else _by_the_last(last, before)


def _by_the_last(last: str, before: str) -> Announces:
    """What the last word announces, with the one before it."""
    single = last[:-1] if last.endswith("s") and last not in ("pass", "creds", "credentials") else last
    if {last, single, before + last} & _PASSWORDS or last.endswith(("password", "passwd", "passphrase", "pwd")):
        return Announces.password
    if last == "pass":
        return Announces.password if before and before not in _NO_PASSWORD else Announces.maybe
    if single == "key":
        alone = Announces.maybe if last == "key" else Announces.nothing
        return Announces.token if before in _KEY_OWNERS else alone
    if single == "token" and before in _COUNTED:
        return Announces.nothing
    if {single, before + single} & _TOKENS:
        return Announces.token
    if single.endswith(("secret", "token", "apikey", "secretkey", "accesskey", "privatekey")):
        return Announces.token
    return Announces.maybe if {last, single} & _MAYBES else Announces.nothing
