"""What a test sees of the fake: telling it what to answer, and looking at what it was asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from chatapp.fake.call import Bill, Call
from chatapp.fake.model import ScriptedModel
from chatapp.fake.script import Rule, Script, When
from chatapp.fake.script_file import BadScript, in_plain_words, read_script
from chatapp.fake.server import FakeServer
from chatapp.fake.server.exchange import Exchange

T = TypeVar("T", Rule, When)


class Told:
    """One thing that the fake was told; ``when`` says for which requests."""

    def __init__(self, model: ScriptedModel, rule: Rule) -> None:
        self._model = model
        self._rule = rule
        model.add(rule)

    def when(
        self,
        message: str | None = None,
        *,
        pattern: str | None = None,
        model: str | None = None,
        turn: int | None = None,
    ) -> None:
        """Keep the answer for requests that fit: see ``chatapp.fake.When``.

        Until then it answers all of them. Where a program may ask at any moment, give the rule its ``when=When(…)``.
        """
        when = _checked({"message": message, "pattern": pattern, "model": model, "turn": turn}, When)
        wanted = self._rule.for_requests(when)
        self._model.replace(self._rule, wanted)
        self._rule = wanted


class FakeLLM:
    """A server that plays OpenAI for one test.

    fake_llm.reply("Hello there.").when("hi")
    fake_llm.fail(429, code="rate_limit_exceeded", retry_after_seconds=0.01, times=2)
    fake_llm.calls[0].messages, fake_llm.calls[0].ended, fake_llm.bill
    """

    def __init__(self, server: FakeServer) -> None:
        self._server = server

    @property
    def base_url(self) -> str:
        """Return the address that ``OPENAI_BASE_URL`` has, ending in ``/v1``."""
        return self._server.url

    @property
    def calls(self) -> list[Call]:
        """Return every completion that was asked for, in the order in which they came."""
        return self._server.model.calls

    @property
    def exchanges(self) -> list[Exchange]:
        """Return the newest 1,000 HTTP requests of every kind, with their headers; also those that were refused."""
        return list(self._server.exchanges)

    @property
    def bill(self) -> Bill:
        """Return what a real provider would have charged for all of them.

        Of a call that was left it knows all once that call has ``ended``.
        """
        for call in self.calls:
            if call.is_broken:  # its caller may know of that before what it made in vain is counted
                _ = call.ended
        return self._server.model.bill

    def reply(self, text: str | Sequence[Any], **how: Any) -> Told:
        """Answer with a text, or with a list of texts and seconds of silence; ``how`` has fields of ``Rule``."""
        return self.rule(reply=text, **how)

    def fail(self, status: int = 500, *, times: int | None = None, **error: Any) -> Told:
        """Answer with an error in place of a text; ``error`` has fields of ``Error``."""
        return self.rule(fault={"kind": "error", "status": status, **error}, times=times)

    def rule(self, **fields: Any) -> Told:
        """Add a rule, whatever it says; see ``chatapp.fake.Rule``. The first one that fits a request answers it.

        Raises:
            BadScript: it cannot be used.
        """
        return Told(self._server.model, _checked(fields, Rule))

    def load(self, script: Script | Path | str) -> None:
        """Forget all rules, and answer by a script, or by the TOML file of that name.

        Raises:
            BadScript: the file cannot be used.
        """
        self._server.model.load(script if isinstance(script, Script) else read_script(Path(script)))

    def wait_for_call(self, number: int = 1) -> Call:
        """Return the ``number``-th call as soon as it has come.

        Raises:
            TimeoutError: it did not come within five seconds.
        """
        return self._server.model.wait_for_call(number)


def _checked(fields: dict[str, Any], kind: type[T]) -> T:
    """Return what the fields say; Python alone would take a number for a text, and stumble over it much later."""
    try:
        return msgspec.convert(fields, kind)
    except msgspec.ValidationError as error:
        raise BadScript(f"The rule cannot be used: {in_plain_words(error)}.") from error
