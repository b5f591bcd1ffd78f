"""The plainest way to stream a model's answers: one route, the SDK's chunk objects, no check and no log.

A yardstick. ``OPENAI_API_KEY`` and ``OPENAI_BASE_URL`` say whom it asks.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from flask import Flask, Response, request
from openai import OpenAI, Stream
from openai.types.chat import ChatCompletionChunk

app = Flask(__name__)
provider = OpenAI()


@app.post("/chat/stream")
def stream() -> Response:
    """Ask the model and pass its words on."""
    asked = request.get_json()
    messages = [*asked.get("messages", []), {"role": "user", "content": asked["message"]}]
    answer = provider.chat.completions.create(model="gpt-4o-mini", messages=messages, stream=True)
    return Response(events(answer), mimetype="text/event-stream")


def events(answer: Stream[ChatCompletionChunk]) -> Iterator[str]:
    """Yield an event for every chunk that brings text, and one for the end."""
    for chunk in answer:
        if chunk.choices and (text := chunk.choices[0].delta.content):
            yield f"data: {json.dumps({'content': text})}\n\n"
    yield f"data: {json.dumps({'done': True})}\n\n"
