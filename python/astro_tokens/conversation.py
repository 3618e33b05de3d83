"""Work that takes several requests, for those who send them themselves: state machines that do nothing to the world.

A `Conversation` asks for one thing at a time (`Step`) and is told what came of it (a `Response` or an `Event`). Whoever
drives it lends it the network and the clock:

    >>> from astro_tokens import Api, Response
    >>> from astro_tokens.conversation import Event, Session, Step, run
    >>> session = Session(Api(organization_id="clorg"))
    >>> steps = run(session.start("delete_token", token_id="cltoken"))
    >>> step = next(steps)
    >>> step.request.method, step.request.url
    ('DELETE', 'https://api.astronomer.io/v1/organizations/clorg/tokens/cltoken')
    >>> steps.send(Response(204, {}, b"")).result

`AstroTokens` and `AsyncAstroTokens` do this with `httpx`.
"""

import time
from collections.abc import Callable, Generator

from ._core import Conversation, Event, Response, Session, Step
from ._errors import ConversationError, ValidationError

__all__ = ["Conversation", "ConversationError", "Event", "Session", "Step", "run"]


def clock() -> Callable[[], int]:
    """A clock in milliseconds since 1970 that never goes back."""
    began = time.time() - time.monotonic()
    return lambda: int((began + time.monotonic()) * 1000)


def run(
    conversation: Conversation, *, now_ms: Callable[[], int] | None = None
) -> Generator[Step, Response | Event | None, None]:
    """Make a generator of a conversation: it yields steps and is sent what came of them; `Step.Done` is the last.

    Closing the generator frees the memory of the conversation at once. An exception that is thrown into it ends the
    conversation and goes on with what stands: see `ConversationError.of`.

    Args:
        conversation: What `Session.start` made.
        now_ms: The clock, in milliseconds since 1970. Default: the time of this machine, which never goes back here.
    """
    now_ms = now_ms or clock()
    event: Response | Event | None = None
    try:
        while True:
            step = conversation.step(event, now_ms())
            event = yield step
            if isinstance(step, Step.Done):
                return
    except GeneratorExit:
        raise
    except BaseException as exception:
        attach(exception, conversation, now_ms())
        raise
    finally:
        conversation.close()


def attach(exception: BaseException, conversation: Conversation, now_ms: int) -> None:
    """Tell an exception what stands, if the conversation has not failed by itself."""
    if isinstance(exception, ConversationError | ValidationError) or hasattr(exception, "conversation_error"):
        return
    try:
        conversation.step(Event.Cancelled(), now_ms)
    except ConversationError as error:
        # The exception itself is no part of what stands.
        error.__context__ = None
        exception.conversation_error = error  # type: ignore[attr-defined]
        stands = error.done or error.unclear or error.secret
        if stands and hasattr(exception, "add_note"):
            exception.add_note(str(error))
    except Exception:
        # It was over before: the exception says everything.
        return
