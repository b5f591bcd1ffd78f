"""Whatever visitors do, in any order: what they followed is what is stored is what the provider sent, once paid.

Nothing that was acknowledged is ever missing, and nobody sees another visitor's. Workers are ended in between: asked to
go here, and with ``--soak`` killed too. The ledger has every call of the provider, at what it charges or more.
"""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Iterator
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    rule,
    run_state_machine_as_test,
)

from chatapp.settings.database_url import sqlite_url
from tests.integration.kept_processes.acting import TOKENS, Acting, Site, everything
from tests.integration.kept_processes.model import LATEST_END_SECONDS, Asked, faults, missing
from tests.integration.kept_processes.teller import Teller
from tests.integration.kept_processes.visitor import Visitor, replies_of
from tests.integration.kept_processes.workers import Workers, kept_server
from tests.ledger import settled_at, wrong_with

EXAMPLES, STEPS = 10, 20
WHOLE_EXAMPLES, WHOLE_STEPS = 60, 60
ENDS, WHOLE_ENDS = 1, 4
"""How many workers are ended in one example."""


MOST_BYTES = 2_400
"""About as long as an answer is on the wire, with its head."""

places = st.integers(0, 8 * TOKENS)
many_bytes = st.integers(0, MOST_BYTES)
switches = st.booleans()
picks = st.integers(0, 99)


@pytest.fixture
def site(tmp_path_factory: pytest.TempPathFactory, teller: Teller, soak: bool) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("machine")
    database_url = sqlite_url(folder / "chatapp.db")
    with kept_server(folder, teller, CHATAPP_DATABASE_URL=database_url) as server:
        yield Site(teller, server.port, database_url, Workers(server), Visitor.new(server.port), soak)


class Conversations(RuleBasedStateMachine):
    """One visitor who does this and that, and a stranger who tries the same."""

    site: ClassVar[Site]  # Hypothesis makes the machines by itself

    def __init__(self) -> None:
        super().__init__()
        self.me = Acting(self.site)
        self.alice = self.me.who
        self.mallory = self.site.stranger
        self.ended_workers = 0

    @initialize(streams=switches, held=switches)
    def begin(self, streams: bool, held: bool) -> None:
        self.me.ask(self.me.begin(), {"message": self.me.new_message()}, streams=streams, held=held)

    @rule(streams=switches, held=switches)
    def begin_another(self, streams: bool, held: bool) -> None:
        self.begin(streams, held)

    @rule(which=picks, streams=switches, held=switches)
    def ask(self, which: int, streams: bool, held: bool) -> None:
        self.me.ask(self._one(which).talk, {"message": self.me.new_message()}, streams=streams, held=held)

    @rule(which=picks, bytes_read=many_bytes)
    def ask_and_break_the_line(self, which: int, bytes_read: int) -> None:
        self.me.ask(self._one(which).talk, {"message": self.me.new_message()}, bytes_read=bytes_read)

    @rule(which=picks, streams=switches, held=switches)
    def edit(self, which: int, streams: bool, held: bool) -> None:
        asked = self._one(which)
        fields = {"message": self.me.new_message(), "parent_id": self.me.parent_of(asked)}
        self.me.ask(asked.talk, fields, streams=streams, held=held)

    @rule(which=picks, streams=switches, held=switches)
    def regenerate(self, which: int, streams: bool, held: bool) -> None:
        asked = self._one(which)
        self.me.ask(asked.talk, {"answer_to": asked.message_id}, asked.message, streams=streams, held=held)

    @rule(which=picks, other=switches)
    def ask_the_same_again(self, which: int, other: bool) -> None:
        asked = self._one(which)
        body = {**asked.body, "message": "Something else"} if other and "message" in asked.body else asked.body
        heard = self.alice.sends("POST", replies_of(asked.talk.id), body)

        if asked.talk.is_deleted:
            assert heard.status == 404, heard.body
        elif body is asked.body:
            assert (heard.status, heard.json["id"]) == (202, asked.reply_id), heard.body
        else:
            assert (heard.status, heard.json["code"]) == (409, "conflict"), heard.body

    @rule(which=picks, after=places)
    def follow(self, which: int, after: int) -> None:
        asked = self._one(which)
        if asked.talk.is_deleted or asked.may_be_lost:
            return
        with self.alice.follows(asked.reply_id, after) as reading:
            self.me.follow(asked, reading, after)

    @rule(which=picks, after=st.sampled_from(["-1", "x", "1.5", "9" * 17]))
    def follow_from_nowhere(self, which: int, after: str) -> None:
        asked = self._one(which)
        heard = self.alice.sends("GET", f"/api/replies/{asked.reply_id}/events", Last_Event_ID=after)

        assert heard.status == 400, heard.body

    @rule(which=picks)
    def let_go_on(self, which: int) -> None:
        self._one(which).gate.open()

    @rule(which=picks)
    def stop(self, which: int) -> None:
        asked = self._one(which)
        asked.was_stopped = True
        heard = self.alice.stops(asked.reply_id)

        if asked.talk.is_deleted:
            assert heard.status == 404, heard.body
        elif heard.status != 202 or not asked.may_be_lost:
            assert heard.json["state"] in asked.endings, heard.body
            asked.is_over = True

    @rule(which=picks)
    def switch_the_branch(self, which: int) -> None:
        asked = self._one(which)
        heard = self.alice.sends("PATCH", f"/api/conversations/{asked.talk.id}", {"leaf_id": asked.reply_id})

        if asked.talk.is_deleted:
            assert heard.status == 404, heard.body
        else:
            assert heard.status == 200, heard.body
            assert asked.reply_id in [message["id"] for message in self.alice.messages(asked.talk.id)]

    @rule(word=st.sampled_from(["question", "nobody"]))
    def look_around(self, word: str) -> None:
        listed = self.alice.sends("GET", "/api/conversations?limit=100").json["conversations"]
        found = self.alice.sends("GET", f"/api/conversations?q={word}").json["conversations"]

        own = {talk.id for talk in self.me.talks if not talk.is_deleted}
        assert {each["id"] for each in listed} == own
        assert {each["id"] for each in found} <= own

    @rule(which=picks)
    def try_as_a_stranger(self, which: int) -> None:
        asked = self._one(which)
        own = everything(asked.talk.id, asked.reply_id, asked.message_id)
        for (method, path, body), (_, nowhere, _) in zip(own, everything("x", "x", "x"), strict=True):
            heard, unknown = self.mallory.sends(method, path, body), self.mallory.sends(method, nowhere, body)
            assert (heard.status, unknown.status) == (404, 404), (path, heard.body)
            assert heard.json | {"request_id": ""} == unknown.json | {"request_id": ""}
        assert self.mallory.sends("GET", "/api/conversations").json["conversations"] == []
        assert self.mallory.sends("GET", "/api/conversations?q=question").json["conversations"] == []

    @rule(which=picks, sure=st.integers(0, 4))
    def delete(self, which: int, sure: int) -> None:
        talk = self._one(which).talk
        if sure < 4:  # else most of what is done is done in vain
            return
        heard = self.alice.sends("DELETE", f"/api/conversations/{talk.id}")

        assert heard.status == (404 if talk.is_deleted else 204), heard.body
        talk.is_deleted = True
        assert self.alice.sends("GET", f"/api/conversations/{talk.id}").status == 404

    @rule(which=st.integers(0, 1), kill=switches)
    def end_a_worker(self, which: int, kill: bool) -> None:
        if self.ended_workers == (WHOLE_ENDS if self.site.kills else ENDS):  # a new one takes a while
            return
        self.ended_workers += 1
        for asked in self.site.asked:
            asked.may_be_lost = asked.may_be_lost or not asked.is_over
        pid = self.site.workers.running[which]
        self.site.workers.end(pid, signal.SIGKILL if kill and self.site.kills else signal.SIGTERM)

    def teardown(self) -> None:
        for asked in self.me.asked:
            asked.gate.open()
        found = [asked for asked in self.me.asked if not asked.may_be_lost]  # it takes a while until the others are
        for asked in found:
            assert list(faults(asked, self.site.teller)) == [], asked
            asked.is_over = True
        for talk in self.me.talks:
            assert talk.is_deleted or missing(talk, [asked for asked in found if asked.talk is talk]) == set()

    def _one(self, which: int) -> Asked:
        # No bundle: what is acknowledged depends on the server, and Hypothesis wants to foresee what it chooses from.
        return self.me.asked[which % len(self.me.asked)]


def test_whatever_is_done_no_word_is_lost_or_shown_to_others(site: Site, soak: bool, soak_lines: list[str]) -> None:
    size = settings(
        max_examples=WHOLE_EXAMPLES if soak else EXAMPLES,
        stateful_step_count=WHOLE_STEPS if soak else STEPS,
        phases=[Phase.generate],  # a server cannot be put back to where it was, so nothing can be made smaller
        database=None,
        suppress_health_check=list(HealthCheck),
    )

    Conversations.site = site
    run_state_machine_as_test(Conversations, settings=size)

    unsure = [asked for asked in site.asked if asked.may_be_lost]
    assert [(asked, fault) for asked in unsure for fault in faults(asked, site.teller)] == []
    assert [asked for asked in unsure if not asked.talk.is_deleted and missing(asked.talk, [asked])] == []
    rows = settled_at(site.database_url, LATEST_END_SECONDS)
    assert wrong_with(rows, site.teller.all_tellings) == []
    states = Counter(asked.talk.visitor.reply(asked.reply_id)["state"] for asked in unsure if not asked.talk.is_deleted)
    soak_lines.append(
        f"state machine: {len(site.asked)} replies; of {len(unsure)} whose worker may have ended: {states}; "
        f"ledger: {dict(Counter(row.state for row in rows))}"
    )
