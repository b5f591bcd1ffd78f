# As much of gevent as is used; the package itself has no types that mypy takes.
from collections.abc import Callable
from typing import Any

class ThreadPool:
    def apply(self, func: Callable[[], Any]) -> Any: ...

class Hub:
    print_exception: Any
    threadpool: ThreadPool

def get_hub() -> Hub: ...
def sleep(seconds: float = 0) -> None: ...
