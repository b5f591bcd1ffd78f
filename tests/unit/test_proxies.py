"""Whose request it is, behind proxies: none but the owner's are believed."""

import pytest

from chatapp.web.proxies import Proxies

ASKING, FORGED, OURS, ALSO_OURS = "203.0.113.7", "198.51.100.1", "10.0.0.1", "10.0.0.2"


@pytest.mark.parametrize(
    ("trusted", "peer", "forwarded_for", "caller"),
    [
        ([], ASKING, FORGED, ASKING),
        ([OURS], ASKING, FORGED, ASKING),
        ([OURS], OURS, "", OURS),
        ([OURS], OURS, ASKING, ASKING),
        ([OURS], OURS, f"{FORGED}, {ASKING}", ASKING),
        (["10.0.0.0/8"], OURS, f"{FORGED}, {ASKING} ,{ALSO_OURS}", ASKING),
        (["10.0.0.0/8"], OURS, ALSO_OURS, ALSO_OURS),
        ([OURS], OURS, f"{ASKING}, {ALSO_OURS}", ALSO_OURS),
        (["*"], OURS, f"{FORGED}, {ASKING}", ASKING),
        (["*"], OURS, "", OURS),
        ([OURS], OURS, f"{ASKING}, unknown", OURS),
        ([OURS], OURS, f"{ASKING}:4711", ASKING),
        ([OURS], OURS, "[2001:db8::1]:4711", "2001:db8::1"),
        ([OURS], OURS, "2001:db8::1", "2001:db8::1"),
        ([OURS], f"::ffff:{OURS}", ASKING, ASKING),
        (["2001:db8::/32"], "2001:db8::5", ASKING, ASKING),
        ([OURS], "", ASKING, ""),
    ],
)
def test_the_caller_is_the_last_one_that_is_no_proxy_of_ours(
    trusted: list[str], peer: str, forwarded_for: str, caller: str
) -> None:
    assert Proxies(trusted).caller(peer, forwarded_for) == caller
