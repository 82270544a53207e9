"""The language model: any OpenAI-compatible endpoint, asked one structured question at a time.

The only file that knows langchain_openai. Whatever goes wrong is a ModelFailed with one sentence: the caller
answers without a model and says so.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

from domain.errors import HildaError
from domain.model_use import ModelUse
from domain.plain_json import Json


class ModelFailed(HildaError):
    """No usable words came; the text says why in a few words."""


_MOST_CHARACTERS = 20_000


class ChatModel:
    """One endpoint and one model there."""

    def __init__(self, *, model: str, api_key: str, base_url: str, seconds: float) -> None:
        self.name = model
        self._seconds = seconds
        self._given: dict[str, Any] = {"model": model, "api_key": api_key or "none", "base_url": base_url or None}
        self._used = ModelUse()
        self._client: Any = None
        self._http: Any = None

    async def ask(self, system: str, question: str, *, on_words: Callable[[int], None] = lambda _: None) -> Json:
        """The JSON object that the model answers with, streamed; `on_words` hears how many words have come.

        Raises ModelFailed on refusal, garbage, an endless answer, any transport error, or when time is up.
        """
        try:
            async with asyncio.timeout(self._seconds):
                text = await self._stream(system, question, on_words)
        except TimeoutError as slow:
            raise ModelFailed(f"the model gave no answer within {self._seconds:g} s") from slow
        except ModelFailed:
            raise
        except Exception as broken:
            raise ModelFailed(f"the model's endpoint failed ({type(broken).__name__})") from broken
        return _parse(text)

    async def _stream(self, system: str, question: str, on_words: Callable[[int], None]) -> str:
        text, told = "", (0, 0)
        try:
            talk = self._connected().astream([("system", system), ("user", question)])
            async with contextlib.aclosing(talk) as chunks:
                async for chunk in chunks:
                    text += str(chunk.text)
                    if usage := getattr(chunk, "usage_metadata", None):
                        told = (told[0] + int(usage["input_tokens"]), told[1] + int(usage["output_tokens"]))
                    if len(text) > _MOST_CHARACTERS:
                        raise ModelFailed("the model's answer did not end")
                    on_words(len(text.split()))
        finally:
            # Endpoints need not say what they counted; four characters are about a token.
            guessed = ((len(system) + len(question)) // 4, len(text) // 4)
            self._used += ModelUse(1, *(told if any(told) else guessed))
        return text

    def take_used(self) -> ModelUse:
        """What was asked of it since this was called before; also what was asked in vain is paid."""
        used, self._used = self._used, ModelUse()
        return used

    async def close(self) -> None:
        if self._http is not None:
            await self._http.aclose()

    async def __aenter__(self) -> "ChatModel":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    def _connected(self) -> Any:
        if self._client is None:
            import httpx2
            from langchain_openai import ChatOpenAI

            # A client of our own, so that it can be closed; langchain_openai's is shared and lives as long as Python.
            self._http = httpx2.AsyncClient(timeout=self._seconds)
            self._client = ChatOpenAI(
                **self._given,
                temperature=0.2,
                max_completion_tokens=2000,
                timeout=self._seconds,
                max_retries=0,
                http_async_client=self._http,
            )
        return self._client


def _parse(text: str) -> Json:
    """The one JSON object in `text`; models like to put a fence or a sentence around it."""
    start, end = text.find("{"), text.rfind("}")
    if start < 0 or end < start:
        raise ModelFailed("the model's answer was not in the agreed form")
    try:
        value = json.loads(text[start : end + 1])
    except ValueError as garbage:
        raise ModelFailed("the model's answer was not in the agreed form") from garbage
    if not isinstance(value, dict):
        raise ModelFailed("the model's answer was not in the agreed form")
    return value
