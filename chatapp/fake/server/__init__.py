"""The fake as a server that speaks OpenAI's Chat Completions.

``loopback`` listens, ``connection`` takes requests: ``reading`` reads them, ``strangers`` keeps others' web pages
out. ``server`` has the routes. ``completions`` answers: ``request`` checks one, ``speech`` turns a call's steps into
what ``wire`` says OpenAI sends, ``playing`` sends it when it is due. ``answers`` are those that are no model's.
``live_page`` shows the calls in a browser: ``calls_view`` is what it sees, ``calls_feed`` how it hears of changes.
"""

from chatapp.fake.server.server import FakeServer

__all__ = ["FakeServer"]
