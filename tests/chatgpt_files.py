"""Files like ChatGPT's export ``conversations.json``: the shapes are real, all words are made up.

``Talk`` builds one conversation node by node; ``exported`` yields a file of any number of them, in flat memory, and the
same one for the same seed.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

BEGIN_SECONDS = 1_680_000_000.0
MODELS = ("gpt-4", "gpt-4o", "gpt-4o-mini", "gpt-5-thinking", "o3")
VOCABULARY = (
    "the a of to and in is that for with as this on we you it be can should garden bread river engine letter window "
    "summer morning answer question reason number list table value result example time cost water light music story "
    "Straße Übung façade naïve привет мир 世界 こんにちは مرحبا 🙂 👩‍💻 “quoted” O'Brien C++ x≤y 100% [1] {key} "
    "\\alpha C:\\temp"
)
WORDS = VOCABULARY.split()
CODE = 'def add(a, b):\n    """Say \\"{sum}\\"."""\n    return {"sum": [a + b], "text": "}]\\\\"}\n'


class Talk:
    """One conversation; each node stands under the one before, unless another parent is named."""

    def __init__(self, title: str | None = "A talk", *, seed: int = 1, begin: float = BEGIN_SECONDS) -> None:
        self.random = random.Random(seed)
        self.title = title
        self.id = self._uuid()
        self.begin = self.now = begin
        self.nodes: dict[str, dict[str, Any]] = {}
        self.last = self._node(None, None)
        self.fields: dict[str, Any] = {}

    def user(self, *parts: Any, **fields: Any) -> str:
        """Add what a person says; return the node's id."""
        return self.say("user", *parts, **fields)

    def assistant(
        self, *parts: Any, model: str = "gpt-4o", metadata: dict[str, Any] | None = None, **fields: Any
    ) -> str:
        """Add what the model says; return the node's id."""
        told = {"model_slug": model, "default_model_slug": model, "finish_details": {"type": "stop"}} | (metadata or {})
        return self.say("assistant", *parts, metadata=told, **fields)

    def say(
        self,
        role: str,
        *parts: Any,
        content: dict[str, Any] | None = None,
        under: str | None = None,
        metadata: dict[str, Any] | None = None,
        **fields: Any,
    ) -> str:
        """Add a message of text parts, or of any ``content``; return the node's id."""
        kind = "text" if all(isinstance(part, str) for part in parts) else "multimodal_text"
        self.now += self.random.uniform(1, 60)
        told = {"request_id": self._uuid(), "message_type": "next", "timestamp_": "absolute", "can_save": True}
        message = {
            "author": {"role": role, "name": None, "metadata": {}},
            "create_time": round(self.now, 6),
            "update_time": None,
            "content": content or {"content_type": kind, "parts": list(parts)},
            "status": "finished_successfully",
            "end_turn": role == "assistant" or None,
            "weight": 1.0,
            "metadata": told | (metadata or {}),
            "recipient": "all",
            "channel": None,
        }
        self.last = self._node(message | fields, under or self.last)
        return self.last

    def hide(self, role: str = "system", *parts: str) -> str:
        """Add a message that ChatGPT does not show."""
        return self.say(role, *(parts or [""]), metadata={"is_visually_hidden_from_conversation": True})

    def exported(self) -> dict[str, Any]:
        """Return the conversation as it stands in the file."""
        return {
            "title": self.title,
            "create_time": self.begin,
            "update_time": round(self.now, 6),
            "mapping": self.nodes,
            "moderation_results": [],
            "current_node": self.last,
            "plugin_ids": None,
            "conversation_id": self.id,
            "conversation_template_id": None,
            "gizmo_id": None,
            "is_archived": False,
            "safe_urls": [],
            "default_model_slug": "gpt-4o",
            "voice": None,
            "id": self.id,
        } | self.fields

    def _node(self, message: dict[str, Any] | None, parent: str | None) -> str:
        node_id = self._uuid()
        if message is not None:
            message = {"id": node_id} | message
        self.nodes[node_id] = {"id": node_id, "message": message, "parent": parent, "children": []}
        if parent in self.nodes:
            self.nodes[parent]["children"].append(node_id)
        return node_id

    def _uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128), version=4))


def image() -> dict[str, Any]:
    """Return a picture among the parts of a message."""
    return {
        "content_type": "image_asset_pointer",
        "asset_pointer": "file-service://file-8Q3cKxPTwYzB",
        "size_bytes": 105213,
        "width": 1085,
        "height": 950,
        "fovea": None,
        "metadata": {"dalle": None, "sanitized": True},
    }


def file_of(*talks: Talk) -> bytes:
    """Return a file with these conversations."""
    return json.dumps([talk.exported() for talk in talks]).encode()


def exported(conversations: int, *, messages: int = 20, seed: int = 1) -> Iterator[bytes]:
    """Yield a file with so many conversations, of so many messages to read in the mean, one at a time."""
    for number in range(conversations):
        text = json.dumps(_talk(number, messages, seed).exported(), ensure_ascii=number % 2 == 0)
        yield (b", " if number else b"[") + text.encode()
    yield b"]" if conversations else b"[]"


def write(path: Path, conversations: int, *, messages: int = 20, seed: int = 1) -> int:
    """Write such a file; return its size in bytes."""
    with path.open("wb") as file:
        return sum(file.write(piece) for piece in exported(conversations, messages=messages, seed=seed))


def _talk(number: int, messages: int, seed: int) -> Talk:
    talk = Talk(seed=seed * 1_000_003 + number, begin=BEGIN_SECONDS + number * 40_000)
    chance = talk.random
    talk.title = _text(chance, 5).replace("\n", " ")
    talk.hide()
    if chance.random() < 0.3:
        _add_instructions(talk)
    for _ in range(max(1, round(chance.expovariate(2 / messages)))):
        asked = talk.user(*([image()] if chance.random() < 0.05 else []), _text(chance, 40))
        _answer(talk)
        while chance.random() < 0.08:  # asked for another answer
            talk.last = asked
            _answer(talk)
    return talk


def _answer(talk: Talk) -> None:
    chance = talk.random
    model = chance.choice(MODELS)
    if chance.random() < 0.1:
        _use_tool(talk, model)
    if model in ("gpt-5-thinking", "o3"):
        thoughts = [{"summary": _text(chance, 5), "content": _text(chance, 60)}]
        talk.assistant(content={"content_type": "thoughts", "thoughts": thoughts}, model=model)
        talk.assistant(content={"content_type": "reasoning_recap", "content": "Thought for 8s"}, model=model)
    talk.assistant(_text(chance, 250), model=model)


def _use_tool(talk: Talk, model: str) -> None:
    code = {"content_type": "code", "language": "unknown", "text": CODE}
    talk.assistant(content=code, model=model, recipient="python", end_turn=False)
    author = {"role": "tool", "name": "python", "metadata": {}}
    talk.say("tool", content={"content_type": "execution_output", "text": "3\n"}, author=author)


def _add_instructions(talk: Talk) -> None:
    content = {"content_type": "user_editable_context", "user_profile": "I bake.", "user_instructions": "Be brief."}
    hidden = {"is_user_system_message": True, "is_visually_hidden_from_conversation": True}
    talk.say("user", content=content, metadata=hidden, create_time=None)


def _text(chance: random.Random, words: int) -> str:
    """Return a text of about so many words; some are much longer than most."""
    count = max(1, min(words * 8, round(chance.lognormvariate(0, 0.6) * words)))
    pieces = [" ".join(chance.choices(WORDS, k=min(30, count - begin))) for begin in range(0, count, 30)]
    if words > 100 and chance.random() < 0.3:
        pieces.insert(len(pieces) // 2, f"```python\n{CODE}```")
    return "\n\n".join(pieces)
