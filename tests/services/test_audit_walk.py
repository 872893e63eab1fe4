"""No state can change unseen: every column that says one is watched, and nothing writes past the ORM (INV 21)."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import JSON, Boolean, Date, Integer, String, inspect
from sqlalchemy.orm import Session

from bot.services import people
from bot.storage import audit
from bot.storage.crypto import Cipher
from bot.storage.models import Activity, AuditEntry, Base, Follower, Guardianship, UTCDateTime
from tests.fixtures.world import NOW, World
from tests.services.merits import ticket

ROOT = Path(__file__).resolve().parents[2]
ENDS = ("_at", "state", "answer", "until")
NOT_WATCHED = {
    "pushes.state": "the outbox tells its own story, a row a minute of each",
    "broadcast_batches.state": "calls to WeChat, each with its tries and WeChat's own counts",
    "broadcast_recipients.state": "tens of thousands for one decision, which is noted with the broadcast",
    "export_jobs.state": "the worker's own; who asked for what is noted by itself",
    "question_pictures.state": "the worker's own, how fetching goes; every look at a picture is noted by itself",
}
MODELS = {mapper.class_.__name__: mapper.class_ for mapper in Base.registry.mappers}


def test_every_state_is_watched() -> None:
    states = {f"{model.__tablename__}.{key}" for model in MODELS.values() for key in ("state",) if hasattr(model, key)}
    watched = {f"{model.__tablename__}.{key}" for model, keys in audit.WATCHED.items() for key in keys}
    assert states - watched == set(NOT_WATCHED)


@pytest.mark.parametrize("model", [pytest.param(model, id=model.__name__) for model in audit.WATCHED])
def test_each_watched_column_leaves_one_row_with_actor_before_after_and_reason(
    world: World, db: Session, model: type[Any]
) -> None:
    """On rows put together from the columns alone, so that whatever is watched tomorrow is tried too."""
    reward, shift = ticket(db), world.shift()
    ids = {"staff": reward.merchant_id, "rewards": reward.id, "shifts": shift.id, "activities": shift.activity_id}
    ids |= {"people": world.person()}
    ids["registrations"] = world.sign_up(shift, ids["people"]).registration_id
    row = _row(db, model, ids)
    for name in audit.WATCHED[model]:
        column = inspect(model).columns[name]
        before = getattr(row, name)
        after = ids["people"] if name in ("merged_into",) else _other(column, before, ids, world)
        db.info["actor"], count = "staff:7", db.query(AuditEntry).count()
        why = next((key for key in audit.REASONS if hasattr(row, key) and key != name), None)
        if why:
            setattr(row, why, f"因为{name}")
        setattr(row, name, after)
        db.flush()
        (entry,) = db.query(AuditEntry).order_by(AuditEntry.id).offset(count).all()
        assert entry.actor == "staff:7" and entry.subject.startswith(f"{model.__tablename__}:")
        assert entry.after == {name: audit._plain(after)}
        assert entry.before == ({name: audit._plain(before)} if before is not None else entry.before)
        said = "" if issubclass(model, audit.UNQUOTED) else f"因为{name}"  # words that must not outlive their row
        assert why is None or entry.reason == said


def _row(db: Session, model: type[Any], ids: dict[str, int]) -> Any:
    mapper = inspect(model)
    if model.__tablename__ in ("people",):
        values: dict[str, Any] = {"created_at": NOW}
    else:
        values = {column.key: _value(column, ids, db) for column in mapper.columns if _needed(column, mapper)}
    row = model(**values)
    db.add(row)
    db.flush()
    return row


def _needed(column: Any, mapper: Any) -> bool:
    numbered = column.primary_key and isinstance(column.type, Integer) and not column.foreign_keys
    return not column.nullable and not numbered


def _value(column: Any, ids: dict[str, int], db: Session) -> Any:
    if column.foreign_keys:
        target = next(iter(column.foreign_keys)).column.table.name
        if target not in ids:
            made = _row(db, next(m for m in MODELS.values() if m.__tablename__ == target), ids)
            (ids[target],) = inspect(made).identity
        return ids[target]
    if isinstance(column.type, String):
        return f"{column.name}"[: column.type.length or 20]
    if isinstance(column.type, UTCDateTime):
        return NOW.replace(hour=9 if column.name.startswith("ends") else 2)
    if isinstance(column.type, Date):
        return NOW.date()
    if isinstance(column.type, JSON):
        return []
    return False if isinstance(column.type, Boolean) else (1 if isinstance(column.type, Integer) else b"x")


def _other(column: Any, before: Any, ids: dict[str, int], world: World) -> Any:
    if column.foreign_keys:
        return _value(column, ids, world.db) if before is None else (None if column.nullable else world.shift().id)
    if isinstance(column.type, String):
        return "anders" if before != "anders" else "x"
    if isinstance(column.type, UTCDateTime):
        return NOW.replace(minute=7, hour=10 if column.name.startswith("ends") else 1)
    if isinstance(column.type, Date):
        return NOW.date().replace(day=28)
    if isinstance(column.type, JSON):
        return [3]
    return not before if isinstance(column.type, Boolean) else (before or 0) + 1


def test_what_a_merge_moves_is_seen_too(world: World, db: Session, cipher: Cipher) -> None:
    first, second, child = world.person("赵一一"), world.person("赵二二"), world.person()
    world.write(Guardianship(minor_id=child, guardian_id=second, state="active", asked_at=NOW))
    db.get_one(Activity, world.shift().activity_id).leader_id = second
    follower = db.query(Follower).filter(Follower.person_id == second).one()
    people.save_profile(db, cipher, follower, "赵一一", "13800000001", NOW)
    moved = [
        entry.after
        for entry in db.query(AuditEntry)
        if entry.before in ({"guardian_id": second}, {"leader_id": second})
    ]
    assert moved == [{"leader_id": first}, {"guardian_id": first}]


def test_nothing_writes_watched_columns_past_the_audit_log() -> None:
    """``update(Model).values(state=…)`` leaves no row: only what no one watches may be written so."""
    past: list[str] = []
    for path in [*(ROOT / "bot").rglob("*.py"), *(ROOT / "handlers").glob("*.py")]:
        tree = ast.parse(path.read_text("utf-8"))
        for function in (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)):
            calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
            updated = {
                call.args[0].id for call in calls
                if isinstance(call.func, ast.Name) and call.func.id in ("update", "delete") and call.args
                and isinstance(call.args[0], ast.Name)
            }  # fmt: skip
            set_ = {
                word.arg for call in calls
                if isinstance(call.func, ast.Attribute) and call.func.attr == "values" for word in call.keywords
            }  # fmt: skip
            for name in updated & set(MODELS):
                watched = set(audit.WATCHED.get(MODELS[name], ()))
                if watched & set_:
                    past.append(f"{path.relative_to(ROOT)}: {function.name}: {name} {sorted(watched & set_)}")  # type: ignore[type-var]
    assert past == []
