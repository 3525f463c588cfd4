"""What can go wrong, as a tree.

TocsinError
├── UserError      a person asked for something that cannot be; the text names the input and the way out
├── StartError     the program cannot start: config, database; same rule for the text
├── FeedError      a source of data failed (`permanent`: asking again will not help)
│   ├── AskError       (feeds/faults.py) a request got no answer: PassingError, RefusedError, LimitedError, HeldError,
│   │                  TooLargeError; of EDGAR (feeds/edgar/submission.py): ThrottledError, NotThereError,
│   │                  EndOfFeedError, MaintenanceError, CutOffError
│   ├── ListingError   (feeds/edgar/listing.py), BadSetError (feeds/edgar/bulk.py) EDGAR sent something else
│   ├── AnswerError    (feeds/exchanges/base.py) an answer whose body says that it is none
│   └── ReadError      (feeds/ccxt.py) ccxt got no answer
├── SendError      a chat platform did not take a message; `failure` says what that means for it
├── PictureError     (charts/painter.py) a picture could not be painted; the text goes out without it
├── SlotTakenError   (refresh.py) another process runs this refresh; OversleptError: it is too late for it
├── BadFilingError   (feeds/form4.py) a filing cannot be read, with the reason
└── NotForm4Error    (feeds/form4.py) another ownership form, and nothing wrong with it

storage raises one of its own, DatabaseUnusableError, which names the database and the way out.

A `UserError` becomes a View in `commands/answer.py`, a `StartError` a line on stderr in `cli.py`;
the other two are outcomes that are stored, never shown as a traceback.
"""

from __future__ import annotations

from enum import StrEnum


class TocsinError(Exception):
    """Every error that tocsin raises on purpose."""


class UserError(TocsinError):
    """A person's input cannot be used: one line that names the input and the way out."""

    def __init__(self, message: str, example: str | None = None, *, about: str = "") -> None:
        super().__init__(message)
        self.message = message  # in the language that is spoken
        self.example = example
        self.about = about  # which error it is, where somebody must tell it from others


class StartError(TocsinError):
    """The program cannot start; each problem is one line."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class FeedError(TocsinError):
    """A source of data failed."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent


class Failure(StrEnum):
    """What a failed send means for the message."""

    UNSENT = "unsent"  # certainly not sent: connection refused, 502 before the request was read, ...
    LIMITED = "limited"  # not sent: the platform asks to wait
    UNKNOWN = "unknown"  # it may have arrived: the connection broke, or the platform failed, after it was sent
    GONE = "gone"  # nobody can be reached there any more: blocked, kicked, deleted
    MOVED = "moved"  # the chat has another address now
    OURS = "ours"  # the platform refused what we wrote: too long, markup
    REVOKED = "revoked"  # the platform refuses us: the token is wrong or was revoked


class SendError(TocsinError):
    """A chat platform did not take a message. The text never holds a token or a whole address of a request."""

    def __init__(
        self,
        message: str,
        failure: Failure = Failure.UNSENT,
        *,
        retry_after: float | None = None,
        everywhere: bool = False,
        moved_to: str | None = None,
    ) -> None:
        super().__init__(message)
        self.failure = failure
        self.retry_after = retry_after  # seconds, LIMITED: as the platform says
        self.everywhere = everywhere  # LIMITED: for all chats of the platform, not this one only
        self.moved_to = moved_to  # MOVED: the new address
