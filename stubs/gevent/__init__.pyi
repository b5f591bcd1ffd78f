# As much of gevent as is used; the package itself has no types that mypy takes.
from typing import Any

class Loop:
    iteration: int

class Hub:
    loop: Loop
    print_exception: Any

def get_hub() -> Hub: ...
def sleep(seconds: float = 0) -> None: ...
