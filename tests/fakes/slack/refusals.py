"""How a Web API method refuses: {"ok": false, "error": …}, as https://docs.slack.dev/apis/web-api says."""

from tests.fakes.slack.payloads import Refusal, refusal_of_blocks, refusal_of_view
from tests.fakes.slack.shapes import Json


class Refused(Exception):
    """Slack's answer to a call that it does not do."""

    def __init__(self, error: str, *, messages: tuple[str, ...] = (), retry_after: int = 0, **more: Json) -> None:
        super().__init__(error)
        self.error, self.messages, self.retry_after, self.more = error, messages, retry_after, more

    def body(self) -> dict[str, Json]:
        body: dict[str, Json] = {"ok": False, "error": self.error, **self.more}
        if self.messages:
            body["response_metadata"] = {"messages": [f"[ERROR] {words}" for words in self.messages]}
        return body


def _raised(refusal: Refusal) -> Refused:
    messages = tuple(str(fault) for fault in refusal.faults)
    if refusal.error == "invalid_blocks":
        return Refused(refusal.error, messages=messages, errors=list(messages))
    return Refused(refusal.error, messages=messages)


def must_be_blocks(blocks: Json, surface: str = "message") -> None:
    if not isinstance(blocks, list):
        raise Refused("invalid_blocks_format")
    if refusal := refusal_of_blocks(blocks, surface):
        raise _raised(refusal)


def must_be_view(view: Json, *kinds: str) -> None:
    if refusal := refusal_of_view(view, kinds):
        raise _raised(refusal)
