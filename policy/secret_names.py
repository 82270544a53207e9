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
    "password passwd pwd passphrase passcode passwort kennwort contrasena contraseña senha motdepasse userpassword "
    "rootpassword dbpassword dbpass adminpassword userpass rootpass keypass storepass pgpassword requirepass "
    "masterauth masterpass passwordhash pass_phrase sshpass redispassword mysqlpwd dbpwd".split()
)
_TOKENS = frozenset(
    "secret token apikey accesskey secretkey privatekey authtoken accesstoken refreshtoken idtoken identitytoken "
    "clientsecret appsecret sharedsecret sessiontoken bearertoken apitoken jwt pat signingkey encryptionkey "
    "accountkey sharedaccesskey masterkey credential mnemonic otp totp mfa appkey applicationkey licensekey servicekey "
    "webhooksecret hmackey registrationtoken deploykey authkey apisecret csrftoken xsrftoken secrettoken".split()
)
_MAYBES = frozenset(
    "key auth authorization auth_token session sessionid sid cookie signature sig hmac dsn pin salt seed nonce pass "
    "bearer license pepper assertion webhook connectionstring connstr code credentials creds cred secrets login".split()
)
_KEY_OWNERS = frozenset(
    "api access secret private client signing encryption master account shared storage service app application "
    "license deploy auth hmac aes rsa ssh gpg session storage admin root server host tls ssl db database webhook "
    "subscription functions function primary secondary ingest write read consumer customer data project publishable "
    "integration routing jwt cipher crypto kms vault decryption unseal recovery user bot rest telemetry datadog dd "
    "newrelic sentry stripe sendgrid twilio openai anthropic mailgun maps google azure aws gcp".split()
)
"""Before `key`, these make it a secret; `cache_key`, `config key` and `partition_key` stay what they are."""

_DESCRIBES = frozenset(
    "name names ref refs reference file files filename path paths dir directory count counts length len size type "
    "types ttl expiry expires expired expiration seconds minutes duration timeout url uri urls endpoint endpoints "
    "version policy mount mode provider algorithm alg required enabled disabled rotation age limit limits usage used max min "
    "namespace kind manager store class status state valid invalid validity error errors failed failures field format "
    "generator rule rules method methods methods strength prompt reset at in for is has days hours source "
    "selector template creation created updated modified issuer audience scope scopes attempts retries rate budget "
    "requests per total prompt completion input output cached context window review reviews projection mounts exists "
    "change changed check checks service server host port user username owner operator controller backend checksum "
    "fingerprint location env var variable prefix suffix header label annotation index order range id ids number sync "
    "volume volumes items item optional immutable cache pair pairs ring rings usages spec specs default".split()
)
"""As the last word of a key, these say that the value is about a secret, and not the secret."""

_SPEAKS_OF_IT = frozenset("checksum fingerprint public pub foreign partition sort cache primary etag".split())
"""Anywhere in a key, these say that it is about something else: a checksum, a public key, a database's key."""

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z\u00e0-\u00ff]+|[A-Z]+|\d+")


@lru_cache(maxsize=8192)
def announces(name: str) -> Announces:
    """What `name` (a key, a flag, a header, a variable) says about the value beside it.

    >>> announces("DB_PASSWORD").name, announces("secretName").name, announces("max_tokens").name
    ('password', 'nothing', 'nothing')
    """
    words = [word.lower() for word in _WORD.findall(name)]
    while words and words[-1].isdigit():
        words.pop()
    if not words:
        return Announces.nothing
    if not _SPEAKS_OF_IT.isdisjoint(words):
        return Announces.nothing
    joined, last = "".join(words), words[-1]
    before = words[-2] if len(words) > 1 else ""
    if last in ("hash", "digest") and len(words) > 1 and before in _PASSWORDS:
        return Announces.password
    if (before, last) in (("secret", "id"), ("client", "keydata"), ("session", "id"), ("shared", "access")):
        return Announces.token if before == "secret" else Announces.maybe
    if last == "id" and before in ("key", "token"):
        return Announces.nothing
    if last in (
        "data",
        "base64",
        "b64",
        "value",
        "plain",
        "plaintext",
        "raw",
        "string",
        "text",
        "encoded",
        "json",
        "pem",
        "old",
        "new",
        "current",
        "previous",
        "prod",
        "production",
        "dev",
        "staging",
        "live",
        "test",
        "backup",
        "primary",
        "secondary",
    ):
        shorter = words[:-1]
        if last == "string" and before in ("connection", "conn"):
            return Announces.token
        return announces("_".join(shorter)) if shorter else Announces.nothing
    if last in _DESCRIBES:
        return Announces.nothing
    return _of_words(words, joined, last, before)


def _of_words(words: list[str], joined: str, last: str, before: str) -> Announces:
    single = last[:-1] if last.endswith("s") and last not in ("pass", "creds") else last
    if joined in _PASSWORDS or last in _PASSWORDS or single in _PASSWORDS or before + last in _PASSWORDS:
        return Announces.password
    if last == "pass":
        return (
            Announces.password
            if len(words) > 1 and before not in ("by", "two", "single", "first", "second", "multi", "one")
            else Announces.maybe
        )
    if last.endswith(("password", "passwd", "passphrase", "pwd")):
        return Announces.password
    if single == "key":
        return Announces.token if before in _KEY_OWNERS else Announces.maybe
    if single == "token" and before in ("max", "min", "total", "prompt", "completion", "input", "output", "num", "n"):
        return Announces.nothing
    if joined in _TOKENS or single in _TOKENS or before + single in _TOKENS:
        return Announces.token
    if single.endswith(("secret", "token", "apikey", "secretkey", "accesskey", "privatekey")):
        return Announces.token
    if last in _MAYBES or single in _MAYBES or before + last in _MAYBES or joined in _MAYBES:
        return Announces.maybe
    return Announces.nothing
