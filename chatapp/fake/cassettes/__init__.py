"""Real traffic, recorded into files and played back from them, at its own pace.

``recorder`` sends each request on by way of ``passing`` and ``upstream``, and ``replayer`` answers from what was kept.
``cassette`` is one exchange, ``folder`` keeps it as a file, ``secrets`` keeps keys out of it, ``matching`` finds the
one for a request, and ``difference`` tells why there is none.

**Prompts and answers are in the files, word for word.** Keys, cookies, organizations and query strings are not.
"""

from chatapp.fake.cassettes.folder import BadCassette
from chatapp.fake.cassettes.recorder import RecordingServer
from chatapp.fake.cassettes.replayer import ReplayingServer

__all__ = ["BadCassette", "RecordingServer", "ReplayingServer"]
