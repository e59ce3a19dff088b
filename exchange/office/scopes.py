"""Scopes of service accounts 接口账号, as dated rows: every request is held against those of its moment."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from archive.ledger.database import Tx
from schemas import instants
from schemas.problems import Problem, ProblemType
from schemas.words import Role, Scope

_NOW: Final = "person = :person AND valid_to IS NULL"


def require_fitting(role: Role, scopes: Iterable[Scope]) -> None:
    """Let a service account have at least one scope, and nobody else any. Raises Problem REQUEST_MALFORMED."""
    if (role is Role.SERVICE) != bool(list(scopes)):
        raise Problem(ProblemType.REQUEST_MALFORMED, f"--scope: {Role.SERVICE.value}")


def granted(tx: Tx, person: str) -> frozenset[Scope]:
    """Return what an account may do now."""
    return frozenset(Scope(row.scope) for row in tx.rows(f"SELECT scope FROM service_scope WHERE {_NOW} ORDER BY scope", person=person))  # noqa: S608 - a constant


def grant(tx: Tx, person: str, scopes: frozenset[Scope], now: datetime) -> None:
    """Replace an account's scopes from now on; those that stay keep their beginning."""
    at, before = instants.write(now), granted(tx, person)
    for scope in sorted(before - scopes):
        tx.run(f"UPDATE service_scope SET valid_to = :at WHERE {_NOW} AND scope = :scope", person=person, scope=scope.value, at=at)  # noqa: S608 - a constant
    for scope in sorted(scopes - before):
        tx.run(
            "INSERT INTO service_scope (person, scope, valid_from) VALUES (:person, :scope, :at)"
            " ON CONFLICT (person, scope, valid_from) DO UPDATE SET valid_to = NULL",  # taken and given back within one millisecond
            person=person,
            scope=scope.value,
            at=at,
        )
