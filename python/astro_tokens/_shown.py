"""What an exception shows to whoever prints it."""

from __future__ import annotations

import traceback

__all__ = ["harmless"]


def harmless(failure: Exception, secret: str) -> Exception | None:
    """The failure as a cause to be shown; `None` where it shows the secret, or what led to it, beside it or after it does."""
    try:
        shown = "".join(traceback.format_exception(failure)) + repr(failure)
        # Python 3.10 prints no notes, but others do.
        shown += repr(getattr(failure, "__notes__", None))
    except Exception:
        # What cannot be printed says nothing, and may say anything to others.
        return None
    return None if secret in shown else failure
