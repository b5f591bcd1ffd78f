from typing import Any

class ThreadWorker:
    def handle(self, conn: Any) -> Any: ...
