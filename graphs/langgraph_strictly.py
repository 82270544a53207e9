"""The only way to LangGraph here: with strict reading of checkpoints switched on before it is imported.

A checkpoint that somebody wrote into the database must never become code (CVE-2026-28277), and LangGraph looks at this
switch once, when it is imported first.
"""

import os

os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.serde import _msgpack
from langgraph.config import get_stream_writer
from langgraph.graph import END, START, StateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command, interrupt

from domain.errors import Misconfigured

__all__ = ["END", "START", "BaseCheckpointSaver", "Command", "Runtime", "StateGraph", "get_stream_writer", "interrupt"]


def assert_strict() -> None:
    """Misconfigured when something else imported LangGraph first, without the switch."""
    if not _msgpack.STRICT_MSGPACK_ENABLED:
        raise Misconfigured("LANGGRAPH_STRICT_MSGPACK must be true before LangGraph is imported: set it and restart.")
