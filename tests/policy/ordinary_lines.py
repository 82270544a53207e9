"""Lines that clusters print all day and that hold no secret: redaction leaves every one of them as it is."""

import random
import string

HEX = "0123456789abcdef"

FIXED = r"""
FATAL: password authentication failed for user "shop"
Error: secret "payments-db-credentials" not found
error: unable to validate token: token is expired by 3h2m
invalid token: expired
Unauthorized: invalid bearer token
level=error msg="failed to refresh token" error="oauth2: cannot fetch token: 401 Unauthorized"
MountVolume.SetUp failed for volume "tls" : secret "api-tls" not found
couldn't find key DATABASE_URL in ConfigMap shop/checkout-config
couldn't find key password in Secret shop/db-credentials
secretName: api-tls
secretRef: {name: shop-env}
      secretKeyRef:
        key: password
        name: db-credentials
imagePullSecrets: [{name: regcred}]
imagePullSecrets:
serviceAccountToken:
  expirationSeconds: 3607
"tokenExpirationSeconds":3607,"tokenRequests":null
--service-account-key-file=/etc/kubernetes/pki/sa.pub --tls-private-key-file=/etc/kubernetes/pki/apiserver.key
--token-auth-file=/etc/kubernetes/tokens.csv --authorization-mode=Node,RBAC
PASSWORD_FILE=/run/secrets/db_password
POSTGRES_PASSWORD_FILE=/var/run/secrets/postgres/password
password: ${DB_PASSWORD}
password: "{{ .Values.db.password }}"
DB_PASSWORD:  <set to the key 'password' in secret 'db-credentials'>  Optional: false
  DB_PASSWORD=$(cat /run/secrets/db)
token: <redacted>
password=******
password: null
password: ""
api_key=None
"password_reset": true, "password_required": false
max_tokens=4096 prompt_tokens=120 completion_tokens: 33 total_tokens=153
tokens used: 4096
token bucket: rate=100 burst=200
tokens=12 refill=5/s
syncing secret="shop/db-credentials" controller=external-secrets
"Reconciling" logger="cert-manager" key="shop/checkout-tls" resource_kind="Certificate"
key="kube-system/coredns-7db6d8ff4d-x2x9k" err="not found"
cache_key=user:123:profile hit=true
partition_key=order_id sort_key=created_at
primary key: id, foreign key: user_id
Error: duplicate key value violates unique constraint "users_email_key"
host key fingerprint: SHA256:uNiVztksCsDhcc0u9e8BrqDPYtq8Ovu3xkqCo1zB4uI
public_key=ssh-ed25519
exit code: 137
code=137 reason=OOMKilled
exitCode: 1
status_code=401 code=Unauthenticated
auth: ok
auth=success user=bob
authorization: denied by policy
Authentication: enabled
Authorization: Bearer <masked>
session closed for user root
session=closed reason=timeout
cookie: none
pass: 12 fail: 3 skip: 0
pass=12 fail=0
tests passed: 12
bypass=true compass=north passenger=4
"private": true,
author: Jane Doe
authority=https://login.example.com
author=jane key=value
key: LOG_LEVEL
keys: 3
keyspace=orders
keepalive=30s
secrets: 4 synced
secret/db-credentials created
secret "db-credentials" created
credentials: expired
Found credentials in shared credentials file: ~/.aws/credentials
"credential-id": "JTI=5f0cbf2e-0d5a-44a6-a6ef-1f3b2a4a6d11"
"authorization.k8s.io/decision":"allow","authorization.k8s.io/reason":"RBAC: allowed by ClusterRoleBinding"
signature: func(ctx context.Context) error
signature verification failed
pin: 4
seed=42
nonce too low: next nonce 12, tx nonce 11
login=ok
connection string: not set
connection=keep-alive
connectionTimeout=3000
conn=4 open=3
HikariPool-1 - Connection is not available, request timed out after 30000ms
Readiness probe failed: HTTP probe failed with statuscode: 503
Liveness probe failed: dial tcp 10.0.3.4:8080: connect: connection refused
Back-off restarting failed container web in pod web-5d4f7c9b8d-x2x9k_shop(5f0cbf2e-0d5a-44a6-a6ef-1f3b2a4a6d11)
GET /api/v1/orders?limit=50&offset=100 200 12ms
GET /oauth/authorize?response_type=code&scope=openid 302
http://prometheus.monitoring.svc:9090/api/v1/query?query=up
jdbc:postgresql://db.shop.svc:5432/orders?sslmode=disable
postgres://db.shop.svc:5432/orders
redis://cache:6379/0
amqp://rabbitmq:5672/
https://github.com/org/repo/pull/12#discussion_r12345
git@github.com:org/repo.git
user@example.com sent mail to admin@example.com
npm ERR! code ELIFECYCLE
kubectl get secret db-credentials -n shop
kubectl create token prometheus-k8s -n monitoring --bound-object-kind Secret --bound-object-name mysecret
Image pull secrets:  prometheus-k8s-dockercfg-6wl6b
Mountable secrets:   default-token-abcde
gpg --recv-keys 409B6B1796C275462A1703113804BB82D39DC0E3
password:  12 bytes
secret_arn: arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/db-AbCdEf
caBundle: LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSUREekNDQWZlZ0F3SUJBZ0lVUTFNWkRoQ2J0
kubectl -n shop rollout undo deploy/checkout --to-revision=3
kubectl create secret generic db --from-file=password=/tmp/pw
docker login -u ci registry.example.com
curl -u admin https://internal/api
curl -H "Accept: application/json" http://x
ps -p 1234 -o pid
tar -p -xf archive.tar
mkdir -p /var/lib/app/data
ssh -p 2222 root@host
bearer authentication is not configured
Basic authentication required
basic auth enabled
type: kubernetes.io/dockerconfigjson
type: Opaque
"kind": "Secret not found"
password must contain at least 8 characters
Password changed for user bob
Enter password:
password is required
passwordPolicy: strong
secretProviderClass: vault-db
token_type=bearer expires_in=3600
grant_type=client_credentials
TOKEN_TTL=24h SESSION_TIMEOUT=30m
JWT_ISSUER=https://issuer.example.com JWT_ALGORITHM=RS256
KEYCLOAK_URL=https://sso.example.com
API_KEY_HEADER=X-Api-Key
key_id=projects/p/locations/global
ENCRYPTION_ENABLED=true
container "auth" in pod "auth-service-0" is waiting to start
pod/token-service-6b8d9c7f5d-abcde
deployment.apps/secret-rotator scaled
image: registry.example.com/auth/token-service:v1.2.3
image: docker.io/library/postgres:16.2-alpine
apiVersion: external-secrets.io/v1beta1
I0501 10:00:00.123456       1 controller.go:123] "Starting workers" controller="token-cleaner" workers=1
W0501 10:00:00.123456       1 authentication.go:368] Error looking up in-cluster authentication configuration
E0501 10:00:00.123456       1 token_controller.go:99] "Failed to sync token" secret="shop/default-token"
{"level":"warn","ts":1714557600.123,"msg":"auth token will expire soon","in":"3600s"}
java.lang.IllegalArgumentException: Invalid character found in token: '$'
    at com.example.auth.TokenService.verify(TokenService.java:42)
UnauthorizedError: jwt expired
SyntaxError: Unexpected token < in JSON at position 0
SyntaxError: Unexpected token: punc (})
yaml: line 12: found character that cannot start any token
parse error near token "EOF": unexpected end
fatal: Authentication failed for 'https://github.com/org/repo.git/'
x509: certificate signed by unknown authority
tls: private key does not match public key
ERROR 1045 (28000): Access denied for user 'shop'@'10.0.0.1' (using password: YES)
ERROR 1045 (28000): Access denied for user 'shop'@'10.0.0.1' (using password: NO)
NOAUTH Authentication required.
WRONGPASS invalid username-password pair or user is disabled.
SCRAM authentication failed: storedKey mismatch
org.postgresql.util.PSQLException: The server requested password-based authentication, but no password was provided.
redis.exceptions.AuthenticationError: invalid password
{"error":"invalid_token","error_description":"The access token expired"}
NAME                    TYPE                             DATA   AGE
db-credentials          Opaque                           2      12d
default-token           kubernetes.io/service-account-token   3   12d
NAME       TOKEN   AGE
TOKEN_SERVICE_PORT_8080_TCP_ADDR=10.0.0.12
SECRET_ROTATOR_SERVICE_HOST=10.0.0.13
AUTH_SERVICE_PORT=tcp://10.0.0.14:80
sessionAffinity: None
sessionAffinity: ClientIP
""".strip("\n").split("\n")


def drawn(rng: random.Random) -> list[str]:
    """Ids of the kinds that clusters are full of."""

    def draw(alphabet: str, length: int) -> str:
        return "".join(rng.choice(alphabet) for _ in range(length))

    uid = "-".join(draw(HEX, length) for length in (8, 4, 4, 4, 12))
    suffix = draw("bcdfghjklmnpqrstvwxz2456789", 5)
    hashed = draw("bcdf456789", 10)
    return [
        f"pod checkout-{hashed}-{suffix} started",
        f"Pulled image registry.example.com/shop/checkout@sha256:{draw(HEX, 64)}",
        f"imageID: docker-pullable://nginx@sha256:{draw(HEX, 64)}",
        f"containerID: containerd://{draw(HEX, 64)}",
        f"uid: {uid}",
        f'"uid":"{uid}","resourceVersion":"{rng.randrange(10**9)}"',
        f"commit {draw(HEX, 40)}",
        f"HEAD is now at {draw(HEX, 7)} Fix login token refresh",
        f"trace_id={draw(HEX, 32)} span_id={draw(HEX, 16)}",
        f"traceparent: 00-{draw(HEX, 32)}-{draw(HEX, 16)}-01",
        f"x-request-id: {uid}",
        f"request_id={uid} correlation-id={uid}",
        f"pod-template-hash: {hashed}",
        f"checksum/config: {draw(HEX, 64)}",
        f"checksum/secret: {draw(HEX, 64)}",
        f"etag: {draw(HEX, 32)}",
        f"md5={draw(HEX, 32)} size=123",
        f"docker.io/library/app:{draw(HEX, 12)}",
        f"  Normal  Scheduled  3m  default-scheduler  assigned shop/web-{hashed}-{suffix} to node-{rng.randrange(9)}",
        f'"continue":"eyJ2IjoibWV0YS5rOHMuaW8vdjEiLCJydiI6{draw(string.ascii_letters, 20)}"',
        f"idempotency_key={uid}",
        f"node ip-10-0-{rng.randrange(255)}-{rng.randrange(255)}.eu-west-1.compute.internal ready",
        f"arn:aws:iam::{draw('123456789', 12)}:role/eks-node",
        f"2024-05-01T10:{rng.randrange(10, 59)}:00.123456789Z stdout F handled in {rng.randrange(900)}ms",
        f"ReplicaSet checkout-{hashed} has timed out progressing",
        f"volume pvc-{uid} attached",
        f"kube-api-access-{suffix}",
        f"leader election: {uid}_became leader",
        f"sha256:{draw(HEX, 64)}",
        f"go: downloading github.com/x/y v0.0.0-20240501100000-{draw(HEX, 12)}",
        f"h1:{draw(string.ascii_letters + string.digits, 43)}=",
        f"integrity sha512-{draw(string.ascii_letters + string.digits, 86)}==",
    ]
