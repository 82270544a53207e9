"""Secrets drawn from a seed in the formats their vendors document, and the places where people leave them.

Written from the vendors' pages, without a look at the rules that are tested with them.
"""

import base64
import json
import random
import string
import textwrap
from collections.abc import Callable

UPPER, LOWER, DIGITS = string.ascii_uppercase, string.ascii_lowercase, string.digits
BIG = UPPER + DIGITS
ALNUM = UPPER + LOWER + DIGITS
URLSAFE = ALNUM + "-_"
HEX = DIGITS + "abcdef"
BASE64 = ALNUM + "+/"

Rng = random.Random


def draw(rng: Rng, alphabet: str, length: int) -> str:
    return "".join(rng.choice(alphabet) for _ in range(length))


def encoded(value: object) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def jwt(rng: Rng) -> str:
    claims = {"iss": "kubernetes/serviceaccount", "sub": draw(rng, LOWER, 9), "exp": rng.randrange(10**9)}
    return f"{encoded({'alg': 'RS256', 'kid': draw(rng, ALNUM, 8)})}.{encoded(claims)}.{encoded(rng.randbytes(128))}"


def private_key(rng: Rng) -> str:
    kind = rng.choice(["RSA ", "EC ", "", "OPENSSH ", "DSA ", "ENCRYPTED "])
    body = "\n".join(textwrap.wrap(base64.b64encode(rng.randbytes(rng.randrange(120, 900))).decode(), 64))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{body}\n-----END {kind}PRIVATE KEY-----"


TOKENS: dict[str, Callable[[Rng], str]] = {
    "AWS access key id": lambda r: r.choice(["AKIA", "ASIA"]) + draw(r, UPPER + "234567", 16),
    "GCP API key": lambda r: "AIza" + draw(r, URLSAFE, 35),
    "Google OAuth access token": lambda r: "ya29." + draw(r, URLSAFE, r.randrange(100, 200)),
    "Google client secret": lambda r: "GOCSPX-" + draw(r, URLSAFE, 28),
    "Azure AD client secret": lambda r: draw(r, ALNUM, 3) + "8Q~" + draw(r, ALNUM + "-_.~", 34),
    "GitHub classic": lambda r: f"gh{r.choice('pousr')}_" + draw(r, ALNUM, 36),
    "GitHub fine-grained": lambda r: f"github_pat_{draw(r, ALNUM, 22)}_{draw(r, ALNUM, 59)}",
    "GitLab personal": lambda r: "glpat-" + draw(r, URLSAFE, 20),
    "GitLab routable": lambda r: (
        f"glpat-{draw(r, URLSAFE, 27)}.{draw(r, LOWER + DIGITS, 2)}.{draw(r, LOWER + DIGITS, 9)}"
    ),
    "GitLab deploy": lambda r: "gldt-" + draw(r, URLSAFE, 20),
    "GitLab runner": lambda r: "glrt-" + draw(r, URLSAFE, 20),
    "Atlassian API token": lambda r: f"ATATT3xFfGF0{draw(r, URLSAFE, 160)}={draw(r, UPPER + DIGITS, 8)}",
    "Slack bot": lambda r: f"xoxb-{draw(r, DIGITS, 12)}-{draw(r, DIGITS, 13)}-{draw(r, ALNUM, 24)}",
    "Slack user": lambda r: (
        f"xoxp-{draw(r, DIGITS, 12)}-{draw(r, DIGITS, 12)}-{draw(r, DIGITS, 13)}-{draw(r, HEX, 32)}"
    ),
    "Slack app": lambda r: f"xapp-1-A{draw(r, UPPER + DIGITS, 10)}-{draw(r, DIGITS, 13)}-{draw(r, HEX, 64)}",
    "Slack webhook": lambda r: (
        f"https://hooks.slack.com/services/T{draw(r, BIG, 9)}/B{draw(r, BIG, 10)}/{draw(r, ALNUM, 24)}"
    ),
    "Stripe live": lambda r: (
        f"{r.choice(['sk', 'rk'])}_{r.choice(['live', 'test'])}_" + draw(r, ALNUM, r.choice([24, 99]))
    ),
    "Stripe webhook": lambda r: "whsec_" + draw(r, ALNUM, 32),
    "Twilio API key": lambda r: "SK" + draw(r, HEX, 32),
    "SendGrid": lambda r: f"SG.{draw(r, URLSAFE, 22)}.{draw(r, URLSAFE, 43)}",
    "Mailgun": lambda r: "key-" + draw(r, HEX, 32),
    "Mailchimp": lambda r: f"{draw(r, HEX, 32)}-us{r.randrange(1, 22)}",
    "npm": lambda r: "npm_" + draw(r, ALNUM, 36),
    "PyPI": lambda r: "pypi-AgEIcHlwaS5vcmc" + draw(r, URLSAFE, 150),
    "RubyGems": lambda r: "rubygems_" + draw(r, HEX, 48),
    "Docker Hub": lambda r: "dckr_pat_" + draw(r, URLSAFE, 27),
    "OpenAI legacy": lambda r: f"sk-{draw(r, ALNUM, 20)}T3BlbkFJ{draw(r, ALNUM, 20)}",
    "OpenAI project": lambda r: f"sk-proj-{draw(r, URLSAFE, 74)}T3BlbkFJ{draw(r, URLSAFE, 74)}",
    "Anthropic": lambda r: f"sk-ant-api03-{draw(r, URLSAFE, 93)}AA",
    "Hugging Face": lambda r: "hf_" + draw(r, UPPER + LOWER, 34),
    "Groq": lambda r: "gsk_" + draw(r, ALNUM, 52),
    "DigitalOcean": lambda r: f"do{r.choice('por')}_v1_" + draw(r, HEX, 64),
    "Vault service": lambda r: "hvs." + draw(r, URLSAFE, r.choice([24, 95])),
    "Vault batch": lambda r: "hvb." + draw(r, URLSAFE, 138),
    "Terraform Cloud": lambda r: f"{draw(r, ALNUM, 14)}.atlasv1.{draw(r, URLSAFE, 67)}",
    "Databricks": lambda r: "dapi" + draw(r, HEX, 32),
    "Grafana service account": lambda r: f"glsa_{draw(r, ALNUM, 32)}_{draw(r, HEX, 8)}",
    "Grafana cloud": lambda r: "glc_" + base64.b64encode(r.randbytes(90)).decode(),
    "New Relic": lambda r: "NRAK-" + draw(r, UPPER + DIGITS, 27),
    "Sentry user": lambda r: "sntryu_" + draw(r, HEX, 64),
    "Doppler": lambda r: "dp.st.prd." + draw(r, ALNUM, 43),
    "Pulumi": lambda r: "pul-" + draw(r, HEX, 40),
    "Shopify": lambda r: "shpat_" + draw(r, HEX, 32),
    "Linear": lambda r: "lin_api_" + draw(r, ALNUM, 40),
    "Telegram bot": lambda r: f"{draw(r, '123456789', 10)}:AA{draw(r, URLSAFE, 33)}",
    "Discord webhook": lambda r: f"https://discord.com/api/webhooks/{draw(r, DIGITS, 18)}/{draw(r, URLSAFE, 68)}",
    "Tailscale": lambda r: f"tskey-auth-{draw(r, ALNUM, 16)}-{draw(r, ALNUM, 32)}",
    "Postman": lambda r: f"PMAK-{draw(r, HEX, 24)}-{draw(r, HEX, 34)}",
    "Square": lambda r: "sq0csp-" + draw(r, URLSAFE, 43),
    "age": lambda r: "AGE-SECRET-KEY-1" + draw(r, UPPER + DIGITS, 58),
    "JWT": jwt,
    "bcrypt": lambda r: f"$2y$10${draw(r, ALNUM + './', 53)}",
    "sha512crypt": lambda r: f"$6${draw(r, ALNUM, 16)}${draw(r, ALNUM + './', 86)}",
}
"""Known by their shape alone."""

VALUES: dict[str, Callable[[Rng], str]] = {
    "hex 32": lambda r: draw(r, HEX, 32),
    "base64 40": lambda r: base64.b64encode(r.randbytes(30)).decode(),
    "alphanumeric 20": lambda r: draw(r, ALNUM, 20),
    "alphanumeric 12": lambda r: draw(r, ALNUM, 12),
    "with symbols": lambda r: draw(r, ALNUM, 5) + r.choice("!@#%^*_+") + draw(r, ALNUM, 5) + r.choice("!@#%^*-+."),
    "a word and a number": lambda r: (
        r.choice(["Summer", "hunter", "dragon", "tiger", "Welcome"]) + str(r.randrange(10, 9999))
    ),
    "words": lambda r: "-".join(
        r.choice(["correct", "horse", "battery", "staple", "orbit", "maple"]) for _ in range(4)
    ),
}
"""Secrets that only their place gives away."""

PLACES: tuple[str, ...] = (
    "DB_PASSWORD={s}",
    "export PGPASSWORD='{s}'",
    'POSTGRES_PASSWORD="{s}"',
    "  password: {s}",
    '  "password": "{s}",',
    "'password': '{s}'",
    '{{"level":"info","msg":"config","db":{{"user":"app","password":"{s}"}}}}',
    'msg="connecting" user=app password={s} host=db',
    "time=2024-05-01T10:00:00Z level=debug api_key={s} status=ok",
    "redis.auth.password={s}",
    'spring.datasource.password = "{s}"',
    "- name: DB_PASSWORD\n  value: {s}",
    '- name: STRIPE_SECRET_KEY\n  value: "{s}"',
    '{{"name":"API_TOKEN","value":"{s}"}}',
    "      DB_PASSWORD:   {s}",
    "clientSecret: {s}",
    "client_secret={s}&grant_type=client_credentials",
    "https://example.com/callback?access_token={s}&state=1",
    "curl -u admin:{s} https://internal/api",
    "psql postgresql://app:{s}@db.prod:5432/orders failed",
    "redis://:{s}@cache:6379/0",
    "amqp://svc:{s}@rabbit:5672/",
    "dial app:{s}@tcp(mysql:3306)/orders",
    "Authorization: Bearer {s}",
    '"Authorization":["Bearer {s}"]',
    "-H 'X-Api-Key: {s}'",
    "x-auth-token: {s}",
    "Cookie: session={s}; theme=dark",
    "Set-Cookie: sid={s}; HttpOnly",
    "mysql -h db -u root -p{s} orders",
    "app --password {s} --verbose",
    "app --db-password={s}",
    'args: ["--token", "{s}", "--listen"]',
    "Server=db;Database=x;User Id=sa;Password={s};Encrypt=true",
    "DefaultEndpointsProtocol=https;AccountName=x;AccountKey={s};EndpointSuffix=core.windows.net",
    "Endpoint=sb://x.servicebus.windows.net/;SharedAccessKeyName=Root;SharedAccessKey={s}",
    "aws_secret_access_key = {s}",
    '"SecretAccessKey" : "{s}"',
    "CREATE USER app IDENTIFIED BY '{s}'",
    "ALTER ROLE app WITH PASSWORD '{s}'",
    "<password>{s}</password>",
    '{{\\"user\\":\\"a\\",\\"password\\":\\"{s}\\"}}',
    "login failed for admin with password '{s}'",
    "the password is {s}",
    "requirepass {s}",
    "machine api.example.com login bob password {s}",
    "client-key-data: {s}",
    '"auth": "{s}"',
    "//registry.npmjs.org/:_authToken={s}",
    "JWT_SIGNING_KEY={s}",
    "secretKey: '{s}'",
    "encryption_key: {s}",
    "VAULT_TOKEN={s}",
    "Refresh-Token: {s}",
    "webhookSecret={s}",
    "password: |\n  {s}\nuser: app",
    "SLACK_SIGNING_SECRET={s}",
    "DD_API_KEY={s}",
    "TWILIO_AUTH_TOKEN={s}",
    "sshpass -p {s} ssh root@host",
    "passphrase: {s}",
    'config.setPassword("{s}")',
    "'api_key' => '{s}',",
    "ENV DB_PASSWORD {s}",
    "--set db.password={s},image.tag=v1",
    "kubectl create secret generic x --from-literal=foo='{s}'",
    "define('DB_PASSWORD', '{s}');",
    'os.environ.setdefault("API_SECRET", "{s}")',
    '<add key="DbPassword" value="{s}" />',
    "- --password\n- {s}",
    '{{"password":["{s}"]}}',
    "docker login -u ci -p {s} registry",
    "redis-cli -h x -a {s} ping",
    "userPassword:: {s}",
    "User(name=bob, password={s}, id=3)",
    "ansible_become_pass: {s}",
    'sasl.jaas.config=x required username="u" password="{s}";',
    "PRIVATE-TOKEN: {s}",
    "APP_KEY=base64:{s}",
    'token := "{s}"',
)
"""Where a value is a secret, whatever it looks like."""

NEUTRAL: tuple[str, ...] = (
    "upstream rejected {s}",
    'panic: unexpected value "{s}" at line 3',
    '{{"msg":"sent {s} to peer","n":3}}',
    "see {s}, please",
    "env: X={s}",
    "({s})",
    "`{s}`",
)
"""Where only the shape gives a token away."""
