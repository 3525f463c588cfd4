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
├── SendError      a chat platform refused a message (`permanent`: the chat is gone)
├── SlotTakenError   (refresh.py) another process runs this refresh
├── BadFilingError   (feeds/form4.py) a filing cannot be read, with the reason
└── NotForm4Error    (feeds/form4.py) another ownership form, and nothing wrong with it

storage raises one of its own, DatabaseUnusableError, which names the database and the way out.

A `UserError` becomes a View in `commands/answer.py`, a `StartError` a line on stderr in `cli.py`;
the other two are outcomes that are stored, never shown as a traceback.
"""

from __future__ import annotations


class TocsinError(Exception):
    """Every error that tocsin raises on purpose."""


class UserError(TocsinError):
    """A person's input cannot be used: one line that names the input and the way out."""

    def __init__(self, message: str, example: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.example = example


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


class SendError(TocsinError):
    """A chat platform did not take a message."""

    def __init__(self, message: str, *, permanent: bool = False) -> None:
        super().__init__(message)
        self.permanent = permanent
