"""Takes conversations out, as Markdown or JSON Lines, and brings them in: our own files, and what ChatGPT exports.

Going out: ``markdown`` is for people, ``export`` for ``importing``, which reads it again; ``written`` is how one value
looks in such a file, ``reading`` and ``fields`` check it on its way back. ``chatgpt`` reads ``conversations.json``.

Coming in, a file passes through ``pieces`` (what kind of file is it?), ``lines`` or ``elements`` (one at a time, of
bounded size), ``strict_json`` and ``writing``, which puts it into the archive batch by batch. ``report`` collects what
became of it all. Nothing here ever holds more than one line or one conversation of ChatGPT's, and one batch.
"""

from chatapp.domain.transfer.chatgpt import import_chatgpt
from chatapp.domain.transfer.export import export_jsonl
from chatapp.domain.transfer.importing import import_jsonl
from chatapp.domain.transfer.limits import Limits
from chatapp.domain.transfer.markdown import markdown
from chatapp.domain.transfer.report import Imported

__all__ = ["Imported", "Limits", "export_jsonl", "import_chatgpt", "import_jsonl", "markdown"]
