"""The line between a browser and a server, which a test can cut and mend."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

PIECE_BYTES = 65_536


class Line:
    """Passes on what comes to ``port``, as long as it is whole."""

    def __init__(self, listener: socket.socket, target_port: int) -> None:
        self._listener = listener
        self._target = ("127.0.0.1", target_port)
        self._open: list[socket.socket] = []
        self._is_whole = True
        self.port: int = listener.getsockname()[1]

    def cut(self) -> None:
        """Tear down all connections, and each new one."""
        self._is_whole = False
        for end in self._open:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def mend(self) -> None:
        """Let new connections pass."""
        self._is_whole = True

    def accept(self) -> None:
        """Pass on every connection until the listener is closed."""
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if not self._is_whole:
                near.close()
                continue
            far = socket.create_connection(self._target)
            self._open += [near, far]
            for source, drain in ((near, far), (far, near)):
                threading.Thread(target=_pass_on, args=(source, drain), daemon=True).start()

    def close(self) -> None:
        """End it, and all that it carries."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()


@contextmanager
def line_to(port: int) -> Iterator[Line]:
    """Lay a line to a server on this machine, for the length of the block."""
    line = Line(socket.create_server(("127.0.0.1", 0)), port)
    accepting = threading.Thread(target=line.accept, daemon=True)
    accepting.start()
    try:
        yield line
    finally:
        line.close()
        accepting.join()


def _pass_on(source: socket.socket, drain: socket.socket) -> None:
    with source, suppress(OSError):
        while piece := source.recv(PIECE_BYTES):
            drain.sendall(piece)
        drain.shutdown(socket.SHUT_WR)
