"""Cassettes that no provider was asked for."""

from __future__ import annotations

from typing import Any

from chatapp.fake.cassettes.cassette import Cassette, Ended, Request, Response, as_data

Reads = list[tuple[float, bytes]]


def taped(pieces: Reads, *, ended: Ended = "whole", body: Any = None, path: str = "/chat/completions") -> Cassette:
    headers = {"content-type": "text/event-stream"}
    end = max((milliseconds for milliseconds, _ in pieces), default=0.0)
    response = Response(
        status=200,
        headers=headers,
        head_milliseconds=0.0,
        pieces=[(milliseconds, as_data(data)) for milliseconds, data in pieces],
        ended=ended,
        ended_milliseconds=end,
    )
    return Cassette(request=Request(method="POST", path=path, body=body), response=response)
