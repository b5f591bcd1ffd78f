"""A server that plays OpenAI from a script, faults included, on a loopback socket.

    with ScriptedUpstream() as upstream:
        gate = Gate()
        upstream.script(*sse(["Hello", gate, " world"]))
        ...                    # ask upstream.url, read "Hello"
        gate.open()            # only now " world" is sent
        upstream.requests[0].json["model"]

``script`` has the steps, ``wire`` what OpenAI sends, ``connection`` and ``server`` play it, ``tls`` makes a
certificate for it.
"""

from tests.upstream.connection import Exchange
from tests.upstream.script import Cut, Gate, Pause, Reset, Send, Stall, Step
from tests.upstream.server import ScriptedUpstream

__all__ = ["Cut", "Exchange", "Gate", "Pause", "Reset", "ScriptedUpstream", "Send", "Stall", "Step"]
