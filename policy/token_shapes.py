"""Secrets that are known by their shape alone, wherever they stand: vendors' documented token formats.

`detect-secrets` is the base; its plugins are loaded only when the text holds something they look for, since
importing them costs a quarter of a second. Where they have holes (prefixes they do not know, values they cut
short), our own shapes stand beside them.
"""

import re
from collections.abc import Iterator
from functools import cache

Span = tuple[int, int]

_BASE: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("artifactory", "ArtifactoryDetector", ("AKC",)),
    ("aws", "AWSKeyDetector", ("A3T", "ABIA", "ACCA", "AKIA", "ASIA", "aws", "AWS")),
    ("azure_storage_key", "AzureStorageKeyDetector", ("AccountKey",)),
    ("cloudant", "CloudantDetector", ("cloudant", "CLOUDANT", "cl_", "cl-", "CL_")),
    ("discord", "DiscordBotTokenDetector", ("discord", "DISCORD", "Bot ")),
    ("github_token", "GitHubTokenDetector", ("ghp_", "gho_", "ghu_", "ghs_", "ghr_")),
    (
        "gitlab_token",
        "GitLabTokenDetector",
        (
            "glpat-",
            "gldt-",
            "glft-",
            "glsoat-",
            "glrt-",
            "glcbt-",
            "glimt-",
            "glptt-",
            "glagent-",
            "gloas-",
            "GR1348941",
        ),
    ),
    ("ibm_cloud_iam", "IbmCloudIamDetector", ("ibm", "IBM")),
    ("ibm_cos_hmac", "IbmCosHmacDetector", ("cos_", "cos-", "COS_", "COS-", "ibm", "IBM")),
    ("mailchimp", "MailchimpDetector", ("-us",)),
    ("npm", "NpmDetector", ("_authToken",)),
    ("openai", "OpenAIDetector", ("T3BlbkFJ",)),
    ("pypi_token", "PypiTokenDetector", ("pypi-",)),
    ("sendgrid", "SendGridDetector", ("SG.",)),
    ("slack", "SlackDetector", ("xox", "hooks.slack")),
    ("softlayer", "SoftlayerDetector", ("softlayer", "SOFTLAYER", "sl_", "SL_")),
    ("square_oauth", "SquareOAuthDetector", ("sq0csp",)),
    ("stripe", "StripeDetector", ("k_live_",)),
    ("telegram_token", "TelegramBotTokenDetector", (":AA",)),
)
"""Plugins of detect-secrets: module, class, and what the text must contain for one to be asked.

Left out: the keyword, entropy, basic-auth, JWT, private-key, Twilio and public-IP plugins. The first six mark half
a secret or ordinary text (digests, uids, `AC` inside base64); redaction.py does their work. Addresses are no secrets.
"""

_SHAPES: tuple[tuple[str, str], ...] = (
    # our own
    ("hilda_k", r"[0-9a-f]{10}_[A-Za-z0-9]{43}"),
    # forges
    *((f"gh{kind}_", r"[A-Za-z0-9_.\-]{20,255}") for kind in "pousr"),
    ("github_pat_", r"[A-Za-z0-9_]{22,255}"),
    *((f"{kind}-", r"[A-Za-z0-9_.=\-]{16,300}") for kind in (
        "glpat", "gldt", "glft", "glsoat", "glrt", "glrtr", "glcbt", "glimt", "glptt", "glagent", "gloas", "glffct",
        "glwt",
    )),
    ("_gitlab_session=", r"[0-9a-f]{32}"),
    ("GR1348941", r"[A-Za-z0-9_\-]{20,50}"),
    ("ATATT3", r"[A-Za-z0-9_\-=]{40,300}"),  # Atlassian
    ("ATCTT3", r"[A-Za-z0-9_\-=]{40,300}"),
    ("ATBB", r"[A-Za-z0-9]{28,40}"),  # Bitbucket
    # clouds
    *((prefix, r"[0-9A-Z]{12,20}") for prefix in ("AKIA", "ASIA", "ABIA", "ACCA")),
    ("AIza", r"[0-9A-Za-z_\-]{35,45}"),  # Google
    ("ya29.", r"[0-9A-Za-z_.\-]{20,2048}"),
    ("GOCSPX-", r"[0-9A-Za-z_\-]{20,40}"),
    ("1//0", r"[0-9A-Za-z_\-]{30,512}"),
    ("GOOG", r"[0-9A-Z]{20}(?:[0-9A-Z]{37})?"),
    ("8Q~", r"[0-9A-Za-z_~.\-]{31,37}"),  # Azure AD client secret; the three characters before are taken below
    ("dop_v1_", r"[a-f0-9]{40,80}"),
    ("doo_v1_", r"[a-f0-9]{40,80}"),
    ("dor_v1_", r"[a-f0-9]{40,80}"),
    ("LTAI", r"[0-9A-Za-z]{16,26}"),  # Alibaba
    ("AKID", r"[0-9A-Za-z]{32}"),  # Tencent
    ("fo1_", r"[\w\-]{40,50}"),  # Fly
    ("fm2_", r"[0-9A-Za-z+/=,_]{20,2000}"),
    ("HRKU-", r"[0-9A-Za-z_\-]{30,70}"),
    ("scw_", r"[0-9a-f\-]{30,40}"),
    # chat and mail
    *((f"xox{kind}-", r"[A-Za-z0-9\-]{10,255}") for kind in "abceposr"),
    ("xoxe.", r"xox[bp]-\d-[A-Za-z0-9]{20,255}"),
    ("xapp-", r"[A-Za-z0-9\-]{20,255}"),
    ("xwfp-", r"[A-Za-z0-9\-]{20,255}"),
    ("hooks.slack.com/", r"(?:services|workflows|triggers)/[A-Za-z0-9_/+\-]{20,200}"),
    (".webhook.office.com/", r"webhookb2/[A-Za-z0-9@/\-]{40,300}"),
    ("discord.com/api/webhooks/", r"\d{10,25}/[A-Za-z0-9_\-]{40,100}"),
    ("discordapp.com/api/webhooks/", r"\d{10,25}/[A-Za-z0-9_\-]{40,100}"),
    ("SG.", r"[A-Za-z0-9_\-]{16,32}\.[A-Za-z0-9_\-]{32,64}"),
    ("xkeysib-", r"[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    ("xsmtpsib-", r"[a-f0-9]{64}-[A-Za-z0-9]{16}"),
    ("re_", r"[A-Za-z0-9]{8}_[A-Za-z0-9]{24}"),  # Resend
    ("PMAK-", r"[a-f0-9]{24}-[a-f0-9]{34}"),
    # money
    *((f"{kind}_{mode}_", r"[0-9a-zA-Z]{10,247}") for kind in ("sk", "rk") for mode in ("live", "test", "prod")),
    ("whsec_", r"[A-Za-z0-9+/=]{16,80}"),
    ("sq0csp-", r"[0-9A-Za-z_\-]{40,50}"),
    ("sq0atp-", r"[0-9A-Za-z_\-]{20,30}"),
    ("sq0idp-", r"[0-9A-Za-z_\-]{20,30}"),
    ("EAAA", r"[0-9A-Za-z_\-]{56,64}"),
    ("access_token$production$", r"[0-9a-z]{16}\$[0-9a-f]{32}"),
    ("shpat_", r"[a-fA-F0-9]{32}"),
    ("shpca_", r"[a-fA-F0-9]{32}"),
    ("shppa_", r"[a-fA-F0-9]{32}"),
    ("shpss_", r"[a-fA-F0-9]{32}"),
    # registries and builds
    ("npm_", r"[A-Za-z0-9]{30,60}"),
    ("pypi-", r"[A-Za-z0-9_\-]{40,300}"),
    ("rubygems_", r"[a-f0-9]{48}"),
    ("dckr_pat_", r"[A-Za-z0-9_\-]{20,60}"),
    ("dckr_oat_", r"[A-Za-z0-9_\-]{20,60}"),
    ("AKCp", r"[A-Za-z0-9]{50,80}"),
    ("cmVmdGtuO", r"[A-Za-z0-9]{50,80}"),  # Artifactory reference token
    ("oy2", r"[a-z0-9]{43}"),  # NuGet
    ("cio", r"[A-Za-z0-9]{32}"),  # crates.io
    ("CCIPAT_", r"[A-Za-z0-9_]{20,80}"),
    ("CCIPRJ_", r"[A-Za-z0-9_]{20,80}"),
    ("bkua_", r"[a-z0-9]{40}"),
    ("sqp_", r"[a-f0-9]{40}"),
    ("squ_", r"[a-f0-9]{40}"),
    ("sqa_", r"[a-f0-9]{40}"),
    ("vercel_", r"[A-Za-z0-9]{24,40}"),
    ("nfp_", r"[A-Za-z0-9]{36,44}"),
    # models
    ("sk-", r"(?:[a-f0-9]{32,64}|(?=[A-Za-z0-9_\-]*\d)(?=[A-Za-z0-9_\-]*[A-Z])[A-Za-z0-9_\-]{20,300})"),
    ("sk-ant-", r"[A-Za-z0-9_\-]{20,300}"),
    ("sk-or-v1-", r"[a-f0-9]{64}"),
    ("hf_", r"[A-Za-z0-9]{30,50}"),
    ("api_org_", r"[A-Za-z0-9]{30,40}"),
    ("gsk_", r"[A-Za-z0-9]{40,60}"),
    ("xai-", r"[A-Za-z0-9]{60,100}"),
    ("pplx-", r"[A-Za-z0-9]{40,60}"),
    ("r8_", r"[A-Za-z0-9]{37}"),
    ("nvapi-", r"[A-Za-z0-9_\-]{40,80}"),
    ("lsv2_", r"(?:pt|sk)_[a-f0-9]{32}_[a-f0-9]{10}"),
    ("tvly-", r"[A-Za-z0-9\-]{20,50}"),
    # infrastructure
    *((f"hv{kind}.", r"[A-Za-z0-9_\-]{20,300}") for kind in "sbr"),
    ("s.", r"(?=[A-Za-z]*\d)(?=\w*[A-Z])[A-Za-z0-9]{24}"),  # Vault before 1.10
    ("atlasv1.", r"[A-Za-z0-9_\-=]{40,100}"),
    (".atlasv1.", r"[A-Za-z0-9_\-=]{40,100}"),
    ("dapi", r"[a-h0-9]{32}(?:-\d)?"),  # Databricks
    ("glc_", r"[A-Za-z0-9+/]{32,400}={0,2}"),  # Grafana
    ("glsa_", r"[A-Za-z0-9]{32}_[A-Fa-f0-9]{8}"),
    ("eyJrIjoi", r"[A-Za-z0-9+/]{40,400}={0,3}"),  # Grafana's older keys
    ("NRAK-", r"[A-Z0-9]{27}"),
    ("NRII-", r"[A-Za-z0-9\-]{32}"),
    ("NRJS-", r"[a-f0-9]{19}"),
    ("NRAA-", r"[a-f0-9]{27}"),
    ("sntrys_", r"[A-Za-z0-9+/=_\-]{30,500}"),
    ("sntryu_", r"[a-f0-9]{64}"),
    ("phc_", r"[A-Za-z0-9]{40,50}"),
    ("phx_", r"[A-Za-z0-9]{40,50}"),
    ("dp.", r"(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_\-]{2,35}\.)?[A-Za-z0-9]{40,44}"),  # Doppler
    ("dt0c01.", r"[A-Z0-9]{24}\.[A-Z0-9]{64}"),
    ("dt0s01.", r"[A-Z0-9]{8}\.[A-Z0-9]{64}"),
    ("pul-", r"[a-f0-9]{40}"),
    ("tskey-", r"(?:auth|api|client|webhook|scim)-[A-Za-z0-9]+-[A-Za-z0-9]{16,80}"),
    ("tfp_", r"[A-Za-z0-9_\-]{40,80}"),
    ("CFPAT-", r"[A-Za-z0-9_\-]{43}"),
    ("v1.0-", r"[a-f0-9]{24}-[a-f0-9]{146}"),  # Cloudflare origin CA
    ("PRVT", r"\d?[A-Za-z0-9]{40,60}"),
    ("lin_api_", r"[A-Za-z0-9]{32,48}"),
    ("ntn_", r"[A-Za-z0-9]{40,50}"),
    ("secret_", r"[A-Za-z0-9]{43}"),  # Notion
    ("figd_", r"[A-Za-z0-9_\-]{40,50}"),
    ("pscale_", r"(?:tkn|oauth|pw)_[A-Za-z0-9_=.\-]{32,64}"),
    ("sbp_", r"[a-f0-9]{40}"),
    ("sb_secret_", r"[A-Za-z0-9_\-]{20,60}"),
    ("napi_", r"[a-z0-9]{60,70}"),
    ("xau_", r"[A-Za-z0-9]{30,80}"),
    ("ops_eyJ", r"[A-Za-z0-9+/=_\-]{200,2000}"),  # 1Password service account
    ("A3-", r"[A-Z0-9]{6}-(?:[A-Z0-9]{11}|[A-Z0-9]{6}-[A-Z0-9]{5})-[A-Z0-9]{5}-[A-Z0-9]{5}-[A-Z0-9]{5}"),
    ("AGE-SECRET-KEY-1", r"[0-9A-Z]{58}"),
    ("duffel_", r"(?:test|live)_[A-Za-z0-9_\-=]{43}"),
    ("EZAK", r"[A-Za-z0-9]{54}"),
    ("EZTK", r"[A-Za-z0-9]{54}"),
    ("ionic_", r"[A-Za-z0-9]{42}"),
    ("FLWSECK", r"(?:_TEST)?-[A-Za-z0-9\-]{32,48}"),
    ("live_", r"[a-f0-9]{35}"),
    ("test_", r"[a-f0-9]{35}"),
    ("key-", r"[a-f0-9]{32}"),  # Mailgun
    ("pubkey-", r"[a-f0-9]{32}"),
    ("p8e-", r"[A-Za-z0-9]{32}"),
    ("shippo_", r"(?:live|test)_[a-f0-9]{40}"),
    ("sdk-", r"[a-f0-9]{8}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{4}-[a-f0-9]{12}"),  # LaunchDarkly
    ("ddp_", r"[A-Za-z0-9]{36}"),
    ("ddapp_", r"[A-Za-z0-9]{30,50}"),
    # password hashes
    ("$2", r"[abxy]?\$\d\d\$[./A-Za-z0-9]{53}"),
    ("$apr1$", r"[./A-Za-z0-9]{1,8}\$[./A-Za-z0-9]{22}"),
    ("$argon2", r"(?:id?|d)\$[^\s\"']{30,200}"),
    ("$6$", r"(?:rounds=\d+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{86}"),
    ("$5$", r"(?:rounds=\d+\$)?[./A-Za-z0-9]{1,16}\$[./A-Za-z0-9]{43}"),
    ("$y$", r"[./A-Za-z0-9]+\$[./A-Za-z0-9]{1,86}\$[./A-Za-z0-9]{43}"),
    ("pbkdf2_sha256$", r"\d+\$[^\s\"']{20,120}"),
    ("SCRAM-SHA-256$", r"\d+:[^\s\"']{60,200}"),
)  # fmt: skip
"""A literal prefix that is cheap to look for, and what follows it."""

_ALONE = r"(?:(?<![A-Za-z0-9+/])|(?<=\\[nrt]))"
_SUFFIXED: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("8Q~", re.compile(r"(?:(?<![\w~.\-])|(?<=\\[nrt]))[0-9A-Za-z_~.\-]{3}[78]Q~[0-9A-Za-z_~.\-]{31,37}")),
    ("7Q~", re.compile(r"(?:(?<![\w~.\-])|(?<=\\[nrt]))[0-9A-Za-z_~.\-]{3}[78]Q~[0-9A-Za-z_~.\-]{31,37}")),
    (".atlasv1.", re.compile(r"(?<!\w)[A-Za-z0-9]{14}\.atlasv1\.[A-Za-z0-9_\-=]{40,100}")),
    ("-us", re.compile(r"(?<![\w\-])[0-9a-f]{32}-us\d{1,2}(?![\w\-])")),
    (":AA", re.compile(r"(?<!\w)\d{8,10}:AA[0-9A-Za-z_\-]{32,34}(?![\w\-])")),
    (":APA91b", re.compile(r"[0-9A-Za-z_\-]{4,40}:APA91b[0-9A-Za-z_\-]{100,200}")),
    ("AC", re.compile(_ALONE + r"AC[0-9a-f]{32}(?![A-Za-z0-9+/=])")),
    ("SK", re.compile(_ALONE + r"SK[0-9a-f]{32}(?![A-Za-z0-9+/=])")),
    ("AKIA", re.compile(r"AKIA[0-9A-Z]{16}[\s,;:|\"'/]{1,4}([A-Za-z0-9+/]{40})(?![A-Za-z0-9+/=])")),
    ("eyJ", re.compile(r"eyJ(?:(?<![\w\-]eyJ)|(?<=\\[nrt]eyJ))[\w\-]{6,8000}+(?:\.[A-Za-z0-9_\-]{2,16000}){1,4}")),
    ("eyJhdXRocyI6", re.compile(r"eyJhdXRocyI6[A-Za-z0-9+/=_\-]{16,20000}")),
    ("eyJhdXRoI", re.compile(r"eyJhdXRoI[A-Za-z0-9+/=_\-]{16,20000}")),
)  # fmt: skip
"""Shapes whose literal does not stand first."""


_LONG_RUN = re.compile(r"[\w+/=.~$:\-]{18,}+")
"""Every shape is a long run of such characters; most of an ordinary text is not, and is not searched."""


@cache
def _shape(prefix: str, rest: str) -> re.Pattern[str]:
    """The literal stands first, so that the search for it is a plain one; what stood before it is checked after."""
    literal = re.escape(prefix)
    before = r"\w\-" if len(prefix) < 6 and prefix.islower() else "A-Za-z0-9"
    # A letter before it makes it part of a word, unless that letter is an escaped line break.
    guard = rf"(?:(?<![{before}]{literal})|(?<=\\[nrt]{literal}))" if prefix[0].isalnum() else ""
    return re.compile(literal + guard + rest)


@cache
def _base_plugin(module: str, name: str) -> tuple[re.Pattern[str], ...]:
    from importlib import import_module

    plugin = getattr(import_module(f"detect_secrets.plugins.{module}"), name)
    return tuple(plugin.denylist)


def token_spans(text: str) -> Iterator[Span]:
    """Where tokens of known shapes stand in `text`, in no order, possibly overlapping."""
    runs = "\n".join(_LONG_RUN.findall(text))
    for prefix, rest in _SHAPES:
        if prefix in runs:
            for match in _shape(prefix, rest).finditer(text):
                if _looks_drawn(match.group()[len(prefix) :]):
                    yield match.span()
    for hint, pattern in _SUFFIXED:
        if hint in runs:
            yield from (match.span(match.lastindex or 0) for match in pattern.finditer(text))
    for module, name, hints in _BASE:
        if not any(hint in text for hint in hints):
            continue
        for start, end in _windows(text, hints):
            for pattern in _base_plugin(module, name):
                for match in pattern.finditer(text, start, end):
                    yield match.span(match.lastindex or 0)


def _looks_drawn(body: str) -> bool:
    """Not a made-up word: `npm_config_production_environment_name` has the letters of a token and no digit."""
    return any(c.isdigit() for c in body) or (not body.islower() and not body.isupper() and len(body) >= 20)


def _windows(text: str, hints: tuple[str, ...], reach: int = 300) -> Iterator[Span]:
    """Parts of lines around the hints, merged: where a base pattern may look."""
    hits = sorted(at for hint in hints for at in _each(text, hint))
    start = end = -1
    for at in hits:
        left = max(text.rfind("\n", max(0, at - reach), at) + 1, at - reach, 0)
        right = text.find("\n", at, at + reach)
        right = min(len(text), at + reach) if right < 0 else right
        if left > end:
            if end >= 0:
                yield start, end
            start = left
        end = max(end, right)
    if end >= 0:
        yield start, end


def _each(text: str, hint: str) -> Iterator[int]:
    at = text.find(hint)
    while at >= 0:
        yield at
        at = text.find(hint, at + len(hint))
