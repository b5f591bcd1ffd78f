"""JSON without the loose ends of Python's parser."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from chatapp.domain.json_values import has_few_values
from chatapp.domain.transfer.report import Wrong

OBJECTS_AT_ONCE = 500
"""So many are parsed within a few milliseconds."""


class Parser:
    """Parses the JSON texts of one file; each has at most ``max_values`` values.

    ``pause`` is called now and then within a long text, so that others may run.
    """

    def __init__(self, max_values: int, pause: Callable[[], None]) -> None:
        self._max_values = max_values
        self._pause = pause
        self._objects = 0
        self._decoder = json.JSONDecoder(object_pairs_hook=self._object, parse_constant=_refuse)

    def parse(self, text: bytes) -> Any:
        """Return what strict JSON says: UTF-8, no duplicate keys, no NaN, no endless numbers, bounded depth.

        Raises:
            Wrong: with the reason.
        """
        if not has_few_values(text, self._max_values, self._pause):
            raise Wrong(f"It holds too many values: {self._max_values:,} are allowed.")
        try:
            words = text.decode("utf-8")
            del text  # before what is made of it takes room too
            return self._decoder.decode(words)
        except UnicodeDecodeError:
            raise Wrong("It is not UTF-8 text.") from None
        except RecursionError:
            raise Wrong("Its JSON is nested too deeply.") from None
        except json.JSONDecodeError as error:
            reason = error.msg.partition(" (")[0].removesuffix(" at")
            raise Wrong(f"It is not JSON: {reason} at character {error.pos}.") from None
        except ValueError:  # Python's own bound for the digits of a whole number
            raise Wrong("It is not JSON: a number is too large.") from None

    def _object(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        self._objects += 1
        if self._objects % OBJECTS_AT_ONCE == 0:
            self._pause()
        found = dict(pairs)
        if len(found) < len(pairs):
            raise Wrong("It is not JSON: the same key stands twice in an object.")
        return found


def _refuse(constant: str) -> Any:
    raise Wrong(f"It is not JSON: {constant} is no number.")
