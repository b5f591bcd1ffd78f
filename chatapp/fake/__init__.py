"""A model that answers by a script, behind three doors: in this process, as a server, and in pytest.

``script`` and ``faults`` are the language, ``script_file`` reads it from TOML. ``choosing`` finds the rule for a
request, ``plan`` and ``steps`` make the answer of it, ``call`` remembers what became of it, and ``model`` holds all of
that together. ``server`` plays it over HTTP as OpenAI would, ``cassettes`` records a real provider and plays that.
``testing`` is what a test sees of it.
"""

from chatapp.fake.faults import Cut, Endless, Error, Malformed, Reset, SlowHead, Stall, WrongType
from chatapp.fake.script import Chaos, Gate, Rule, Script, Tokens, When

__all__ = [
    "Chaos",
    "Cut",
    "Endless",
    "Error",
    "Gate",
    "Malformed",
    "Reset",
    "Rule",
    "Script",
    "SlowHead",
    "Stall",
    "Tokens",
    "When",
    "WrongType",
]
