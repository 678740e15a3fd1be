"""What goes with a message: the files of a report, while its account has the rights that they were drawn with."""

from __future__ import annotations

from collections.abc import Mapping

from layers.accounts import rights
from layers.alarmbook import PeopleBook
from layers.outbox import Message
from layers.reportbook import CLOSED, KIND, ReportBook, rights_words
from layers.settings import Settings
from layers.store import Store


class Withdrawn(Exception):
    """The message must not be sent any more; says why."""


class Enclosures:
    """The files of reports that wait, handed out at the moment of sending."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._people = PeopleBook(settings.people_url)
        self._book = ReportBook(store)

    def files(self, message: Message) -> Mapping[str, bytes]:
        """The files by name, none for other messages.

        Raises :class:`Withdrawn` where the account is closed or its rights are not those of the drawing any more.
        """
        if not message.key.startswith(f"{KIND}:"):
            return {}
        found = self._book.files(message.key)
        if found is None:
            raise Withdrawn("berkasnya tidak ada lagi")
        account, drawn, files = found
        scope = rights(self._people, account)
        if scope is None:
            raise Withdrawn(CLOSED)
        if rights_words(scope) != drawn:
            raise Withdrawn("hak akun berubah sejak laporan disusun")
        return files
