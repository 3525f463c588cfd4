"""The files of a View, for platforms that take files (pure)."""

from __future__ import annotations

from dataclasses import replace

from bot.chat.texts import clean, cut
from bot.views.elements import Document, View

NAME_UNITS = 60


def documents_of(view: View) -> tuple[Document, ...]:
    """The files of a View."""
    return tuple(one for one in view.body if isinstance(one, Document))


def without_documents(view: View) -> View:
    """What of it is text."""
    return replace(view, body=tuple(one for one in view.body if not isinstance(one, Document)))


def file_of(document: Document) -> tuple[str, bytes]:
    """A harmless name, and the content; never empty, for an empty file is refused."""
    name = cut(clean(document.name).replace("/", "_"), NAME_UNITS) or "file.txt"
    return name, (document.text or "\n").encode("utf-8", "replace")
