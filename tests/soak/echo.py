"""A provider for crowds: it says back what it was asked, word by word, and counts who is still there.

with Echo() as echo:
    ...                       # ask echo.url: "Hi" is answered with "HiHiHiHi", in four pieces
    echo.open_exchanges, echo.connections
"""

from __future__ import annotations

import asyncio
import json
import re
import socket
import threading
from contextlib import suppress
from types import TracebackType
from typing import Self

from tests.upstream.script import Send
from tests.upstream.wire import sse

TIMES = 4
PAUSE_SECONDS = 0.002
CONTENT_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class Echo:
    """Serves on a free port of this machine, on a thread of its own, until the block ends."""

    def __init__(self) -> None:
        self.connections = 0
        self.open_exchanges = 0
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=1000)
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_until_complete, args=[self._serve()], daemon=True)

    @property
    def url(self) -> str:
        """Return the address to use as a base URL, ending in ``/v1``."""
        host, port = self._listener.getsockname()
        return f"http://{host}:{port}/v1"

    async def _serve(self) -> None:
        async with await asyncio.start_server(self._connected, sock=self._listener):
            await self._ended.wait()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            with suppress(asyncio.IncompleteReadError, OSError):
                while True:
                    head = await reader.readuntil(b"\r\n\r\n")
                    (size,) = CONTENT_LENGTH.findall(head)
                    await self._answer(await reader.readexactly(int(size)), writer)
        finally:
            self.connections -= 1
            writer.close()

    async def _answer(self, body: bytes, writer: asyncio.StreamWriter) -> None:
        self.open_exchanges += 1
        try:
            for step in sse([json.loads(body)["messages"][-1]["content"]] * TIMES):
                await asyncio.sleep(PAUSE_SECONDS)
                assert isinstance(step, Send)
                writer.write(step.data)
                await writer.drain()
        finally:
            self.open_exchanges -= 1

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join()
        self._loop.close()
