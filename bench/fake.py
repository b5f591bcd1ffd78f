"""How well ``chatapp fake`` keeps its pace, on one core beside the program that it tests. ``make bench-fake`` runs it.

Many answers are read at once, and each token's lateness is told against the schedule of its own stream.
"""

from __future__ import annotations

import os
import selectors
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

STREAMS = 300
TOKENS = 200
TOKENS_PER_SECOND = 20
RAMP_SECONDS = 1.0
TOKEN = b'"content":"word'
END = b"data: [DONE]"
SCRIPT = f'[[rules]]\nreply = "{"word " * TOKENS}"\ntokens_per_second = {TOKENS_PER_SECOND}\n'
BODY = b'{"model":"gpt-4o-mini","stream":true,"messages":[{"role":"user","content":"Hi"}]}'
REQUEST = (
    b"POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer sk-bench\r\n"
    b"Connection: close\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)
)


@dataclass(slots=True)
class Reading:
    """One answer on its way: when each token came, and the last bytes of it."""

    arrivals: list[float] = field(default_factory=list)
    tail: bytes = b""
    whole: bool = False

    def take(self, data: bytes) -> None:
        """Take what has come."""
        now = time.monotonic()
        self.arrivals += [now] * data.count(TOKEN)
        self.tail = (self.tail + data)[-len(END) - 16 :]
        self.whole = self.whole or END in self.tail

    def lateness_ms(self) -> list[float]:
        """Return how late each token was, against the one that was least late."""
        gap = 1 / TOKENS_PER_SECOND
        moments = [arrival - place * gap for place, arrival in enumerate(self.arrivals)]
        begin = min(moments)
        return [(moment - begin) * 1000 for moment in moments]


def main() -> None:
    """Start the fake on the first core, read from the second, and print one line."""
    cores = sorted(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        script = Path(name) / "script.toml"
        script.write_text(SCRIPT, "utf-8")
        command = [sys.executable, "-m", "chatapp", "fake", "--port", "0", "--script", str(script)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as fake:
            assert fake.stdout is not None
            port = int(fake.stdout.readline().rpartition(":")[2].partition("/")[0])
            os.sched_setaffinity(fake.pid, {cores[0]})
            os.sched_setaffinity(0, {cores[-1]})
            before, began = _cpu_seconds(fake.pid), time.monotonic()
            readings = _read_all(port)
            cpu, seconds = _cpu_seconds(fake.pid) - before, time.monotonic() - began
            fake.terminate()
    late = sorted(value for reading in readings for value in reading.lateness_ms())
    whole = sum(reading.whole and len(reading.arrivals) == TOKENS for reading in readings)
    print(
        f"chatapp fake: {whole} of {STREAMS} streams of {TOKENS_PER_SECOND} tokens a second whole, "
        f"{cpu / seconds * 100:.0f} % of a core, {cpu / len(late) * 1e6:.0f} µs a token, "
        f"late p50 {late[len(late) // 2]:.2f} ms, p99 {late[len(late) * 99 // 100]:.2f} ms"
    )


def _read_all(port: int) -> list[Reading]:
    readings: list[Reading] = []
    selector, began, running = selectors.DefaultSelector(), time.monotonic(), 0
    while running or len(readings) < STREAMS:
        while len(readings) < STREAMS and time.monotonic() - began > len(readings) * RAMP_SECONDS / STREAMS:
            reading = Reading()
            peer = socket.create_connection(("127.0.0.1", port))
            peer.sendall(REQUEST)
            peer.setblocking(False)
            selector.register(peer, selectors.EVENT_READ, reading)
            readings.append(reading)
            running += 1
        for key, _ in selector.select(0.002 if len(readings) < STREAMS else 1):
            peer = key.fileobj  # type: ignore[assignment]  # whatever is registered here is a socket
            if data := peer.recv(65_536):
                key.data.take(data)
            else:
                selector.unregister(peer)
                peer.close()
                running -= 1
    return readings


def _cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
