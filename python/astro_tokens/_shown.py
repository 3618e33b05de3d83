"""What an exception shows to whoever prints it."""

from __future__ import annotations

import traceback

__all__ = ["harmless", "told"]


def harmless(failure: Exception, *secrets: str) -> Exception | None:
    """The failure as a cause to be shown; `None` where it, what led to it, or what is beside or after it shows a secret."""
    try:
        shown = "".join(traceback.format_exception(failure)) + repr(failure)
        # Python 3.10 prints no notes, but others do.
        shown += repr(getattr(failure, "__notes__", None))
    except Exception:
        # What cannot be printed says nothing, and may say anything to others.
        return None
    return None if any(secret in shown for secret in secrets) else failure


def told(failure: BaseException, *secrets: str) -> str:
    """What the failure itself says, without the secrets."""
    kind = type(failure).__name__
    try:
        text = f"{kind}: {failure}"
    except Exception:
        return kind
    for secret in secrets:
        text = text.replace(secret, "[redacted]")
    return text
