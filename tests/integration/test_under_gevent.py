"""The OpenAI adapter under gevent, as the server's workers run it: the same tests, in a process of greenlets."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAME_TESTS = [
    "tests/contracts/test_chat_model.py",
    "tests/contracts/test_chat_model_stop.py",
    "tests/contracts/test_runner.py",
    "tests/integration/openai_chat/test_connections.py",
    "tests/integration/openai_chat/test_stopping.py",
    "tests/integration/openai_chat/test_stopping_replies.py",
    "tests/unit/test_live.py",
]


def test_what_holds_in_threads_holds_in_greenlets() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "gevent.monkey", "--module", "pytest", "-q", "-p", "no:cacheprovider", *SAME_TESTS],
        cwd=ROOT, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert re.search(r"^\d{3} passed in", ran.stdout, re.MULTILINE), ran.stdout
