"""Who asks: bearer tokens from the file that kube-apiserver takes as --token-auth-file."""

import csv
import hmac
from dataclasses import dataclass
from pathlib import Path

from practice.api_server.refusals import unauthorized

EVERYBODY = "system:authenticated"
MASTERS = "system:masters"


@dataclass(frozen=True)
class User:
    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""

    @property
    def is_master(self) -> bool:
        return MASTERS in self.groups


class Tokens:
    """Rows of `token,user,uid,"group,group"`."""

    def __init__(self, file: Path) -> None:
        self._users = {}
        with file.open(newline="") as rows:
            for token, name, uid, *groups in csv.reader(rows):
                named = [group.strip() for group in ",".join(groups).split(",") if group.strip()]
                self._users[token] = User(name, (*named, EVERYBODY), uid)

    def user_of(self, authorization: str) -> User:
        """The user of an Authorization header; 401 when there is none."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() == "bearer":
            for known, user in self._users.items():
                if hmac.compare_digest(known.encode(), token.strip().encode()):
                    return user
        raise unauthorized()
