"""How values stand in the databases: moments, money, keys, and the fields of records."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from types import MappingProxyType, UnionType
from typing import Any, get_args, get_type_hints

from sqlalchemy import (
    BigInteger,
    Boolean,
    Double,
    Integer,
    Text,
    TypeDecorator,
)
from sqlalchemy.dialects.postgresql import TIMESTAMP
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from layers.model import RECORDS, Kind

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

MICROSECOND = timedelta(microseconds=1)

SEN = Decimal(100)


def micros(moment: datetime) -> int:
    """Whole microseconds since 1970 in UTC; a moment without a zone raises ``TypeError``."""
    return (moment - EPOCH) // MICROSECOND


def sen(amount: Decimal) -> int:
    """Rupiah as whole sen; raises ``ValueError`` where that would lose something."""
    whole = int(amount * SEN)
    if whole != amount * SEN:
        raise ValueError(f"uang lebih halus dari satu sen: {amount}")
    return whole


class Moment(TypeDecorator[datetime]):
    """An aware time: ``timestamptz`` on PostgreSQL, whole microseconds since 1970 on SQLite."""

    impl = BigInteger
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(TIMESTAMP(timezone=True) if dialect.name == "postgresql" else BigInteger())

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return micros(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        if value is None:
            return None
        return value.astimezone(UTC) if isinstance(value, datetime) else EPOCH + timedelta(microseconds=value)


class Money(TypeDecorator[Decimal]):
    """Exact rupiah, kept as whole sen."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        return None if value is None else sen(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> Decimal | None:  # noqa: ARG002
        return None if value is None else Decimal(value) / SEN


COLUMN_TYPES: dict[type, type[TypeEngine[Any]]] = {
    datetime: Moment,
    Decimal: Money,
    bool: Boolean,
    int: BigInteger,
    float: Double,
    str: Text,
}

Serial = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit key on both; SQLite calls its row number so."""


@cache
def record_fields(kind: Kind) -> Mapping[str, tuple[type, bool]]:
    """The fields of a kind of record in order: name -> (type, may be ``None``)."""
    hints = get_type_hints(RECORDS[kind])
    found: dict[str, tuple[type, bool]] = {}
    for field in fields(RECORDS[kind]):
        hint = hints[field.name]
        optional = isinstance(hint, UnionType)
        found[field.name] = (get_args(hint)[0] if optional else hint, optional)
    return MappingProxyType(found)
