"""JSON without the loose ends of Python's parser."""

from __future__ import annotations

import json
from typing import Any

from chatapp.domain.transfer.report import Wrong


def parse(text: bytes) -> Any:
    """Return what strict JSON says: UTF-8, no duplicate keys, no NaN, no endless numbers, bounded depth.

    Raises:
        Wrong: with the reason.
    """
    try:
        return DECODER.decode(text.decode("utf-8"))
    except UnicodeDecodeError:
        raise Wrong("It is not UTF-8 text.") from None
    except RecursionError:
        raise Wrong("Its JSON is nested too deeply.") from None
    except json.JSONDecodeError as error:
        reason = error.msg.partition(" (")[0].removesuffix(" at")
        raise Wrong(f"It is not JSON: {reason} at character {error.pos}.") from None
    except ValueError:  # Python's own bound for the digits of a whole number
        raise Wrong("It is not JSON: a number is too large.") from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Wrong("It is not JSON: the same key stands twice in an object.")
    return found


def _refuse(constant: str) -> Any:
    raise Wrong(f"It is not JSON: {constant} is no number.")


DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)
"""Made once: a file has as many JSON texts as lines."""
