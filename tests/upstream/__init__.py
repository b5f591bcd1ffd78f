"""The package's loopback server, playing OpenAI from raw scripts, faults included.

    with ScriptedUpstream() as upstream:
        gate = Gate()
        upstream.script(*sse(["Hello", gate, " world"]))
        ...                    # ask upstream.url, read "Hello"
        gate.open()            # only now " world" is sent
        upstream.requests[0].json["model"]

``script`` has the steps, ``wire`` what OpenAI sends, ``server`` plays it, ``tls`` makes a certificate for it.
"""

from chatapp.fake.server.exchange import Exchange
from tests.upstream.script import Cut, Gate, Pause, Reset, Send, Stall, Step
from tests.upstream.server import ScriptedUpstream

__all__ = ["Cut", "Exchange", "Gate", "Pause", "Reset", "ScriptedUpstream", "Send", "Stall", "Step"]
