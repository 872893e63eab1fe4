"""青年之声: questions with two clocks, what was said about each, who can answer, kept words, the list of each month."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Date, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from bot.storage.models.alerts import Alert
from bot.storage.models.base import Base
from bot.storage.models.people import Staff


class Question(Base):
    """``state``: submitted (待审核) → accepted (处理中) → answered → closed; declined, transferred, merged, withdrawn.

    ``category``: rights (维权), league (团学活动), advice (专业咨询); ``topic``, of advice: law, mind, career.
    Who answers never sees who asks. ``is_private``: never published. While ``paused_at`` is set the
    clocks stand still, because the asker is to say more. ``round``: 2 and more after 不满意 or a further question, each
    with a clock of its own. ``openid`` is empty once the asker's account was erased, or the question was emptied: at
    ``emptied_at`` every word of it was deleted, because it had been kept long enough.
    """

    __tablename__ = "questions"
    __table_args__ = (Index("ix_questions_state_since", "state", "state_since"),)
    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(16), unique=True)
    openid: Mapped[str] = mapped_column(String(64), index=True, default="")
    category: Mapped[str] = mapped_column(String(16))
    topic: Mapped[str] = mapped_column(String(16), default="")
    is_private: Mapped[bool] = mapped_column(default=True)
    is_minor: Mapped[bool | None]
    alert_id: Mapped[int | None] = mapped_column(ForeignKey("alerts.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), default="submitted")
    state_since: Mapped[datetime]
    submitted_at: Mapped[datetime]
    paused_at: Mapped[datetime | None]
    reviewed_at: Mapped[datetime | None]
    answered_at: Mapped[datetime | None]
    reviewer: Mapped[str] = mapped_column(String(64), default="")
    assignee_id: Mapped[int | None] = mapped_column(ForeignKey("staff.id"), index=True)
    assigned_at: Mapped[datetime | None]
    merged_into: Mapped[int | None] = mapped_column(ForeignKey("questions.id"), index=True)
    reason: Mapped[str] = mapped_column(String(255), default="")
    transferred_to: Mapped[str] = mapped_column(String(64), default="")
    round: Mapped[int] = mapped_column(default=1)
    satisfied: Mapped[bool | None]
    rated_at: Mapped[datetime | None]
    emptied_at: Mapped[datetime | None]
    assignee: Mapped[Staff | None] = relationship()
    alert: Mapped[Alert | None] = relationship()
    clocks: Mapped[list[QuestionClock]] = relationship(order_by="QuestionClock.id")
    said: Mapped[list[QuestionEntry]] = relationship(back_populates="question", order_by="QuestionEntry.id")


class QuestionClock(Base):
    """One promise about a question: ``kind`` review (3 hours) or reply (3 days), the latter anew for each ``round``.

    Kept when ``stopped_at`` is not after ``due_at``. Both times move on by what the clock stood still.
    """

    __tablename__ = "question_clocks"
    __table_args__ = (
        Index("uq_question_clocks_round", "question_id", "kind", "round", unique=True),
        Index("ix_question_clocks_stopped_at", "stopped_at", "warn_at"),
    )
    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"))
    kind: Mapped[str] = mapped_column(String(8))
    round: Mapped[int] = mapped_column(default=1)
    started_at: Mapped[datetime]
    warn_at: Mapped[datetime]
    due_at: Mapped[datetime]
    stopped_at: Mapped[datetime | None]


class QuestionEntry(Base):
    """One thing said about a question, never changed until all is deleted; the words are encrypted.

    ``kind``: asked, more (补充 or a further question), wanted (staff ask for more), draft, returned, answer,
    unsatisfied, note (among colleagues). ``by``: an actor. ``draft_id``: what an answer or a return is about.
    ``canned_id``: the kept words a draft was begun with. ``media_id``: a picture, as WeChat
    names it; the picture itself is a QuestionPicture.
    """

    __tablename__ = "question_entries"
    id: Mapped[int] = mapped_column(primary_key=True)
    question_id: Mapped[int] = mapped_column(ForeignKey("questions.id"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    by: Mapped[str] = mapped_column(String(64))
    text_encrypted: Mapped[bytes | None]
    media_id: Mapped[str] = mapped_column(String(128), default="")
    draft_id: Mapped[int | None] = mapped_column(ForeignKey("question_entries.id"))
    canned_id: Mapped[int | None] = mapped_column(ForeignKey("canned_answers.id"))
    round: Mapped[int] = mapped_column(default=1)
    at: Mapped[datetime]
    question: Mapped[Question] = relationship(back_populates="said")


class CannedAnswer(Base):
    """Words that staff keep for what is asked again and again (常用语), about one topic of rights, league, law, …

    ``text`` may hold placeholders as answers of the library do. ``by``: the actor who wrote it last. ``retired``:
    offered no more; drafts that began with it still point to it.
    """

    __tablename__ = "canned_answers"
    id: Mapped[int] = mapped_column(primary_key=True)
    topic: Mapped[str] = mapped_column(String(16), index=True)
    title: Mapped[str] = mapped_column(String(32))
    text: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(String(64))
    updated_at: Mapped[datetime]
    retired: Mapped[bool] = mapped_column(default=False)


class QuestionNumber(Base):
    """The last number given on a day: Q20260303012."""

    __tablename__ = "question_numbers"
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    last: Mapped[int] = mapped_column(default=0)


class Expert(Base):
    """Who answers about what: ``topics`` of rights, league, law, mind, career. With twice the ``weight`` come twice as
    many questions; 0 = none for now. Nothing comes from ``away_from`` to ``away_until``.
    """

    __tablename__ = "experts"
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    topics: Mapped[list[Any]] = mapped_column(JSON, default=list)
    title: Mapped[str] = mapped_column(String(32), default="")
    weight: Mapped[int] = mapped_column(default=1)
    away_from: Mapped[date | None] = mapped_column(Date)
    away_until: Mapped[date | None] = mapped_column(Date)
    staff: Mapped[Staff] = relationship()


class ProblemList(Base):
    """The problems of a month, published on the 30th (in February on the last day): ``state`` draft → signed.

    ``article``, once signed: due → asking (WeChat is being asked) → done, with its draft's ``article_id``; or failed.
    """

    __tablename__ = "problem_lists"
    id: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[str] = mapped_column(String(7), unique=True)
    state: Mapped[str] = mapped_column(String(16), default="draft")
    built_at: Mapped[datetime]
    signed_by: Mapped[str] = mapped_column(String(64), default="")
    signed_at: Mapped[datetime | None]
    article: Mapped[str] = mapped_column(String(16), default="", server_default="")
    article_id: Mapped[str] = mapped_column(String(128), default="", server_default="")
    article_at: Mapped[datetime | None]
    items: Mapped[list[ProblemItem]] = relationship(back_populates="list", order_by="ProblemItem.position")


class ProblemItem(Base):
    """One problem and how it is solved, anonymised; ``asked`` and ``answer`` are what the public reads.

    ``times``: how many asked it. ``questions``: their ids. Published once a person has read it (``confirmed_by``);
    ``dropped``: left out.
    """

    __tablename__ = "problem_items"
    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("problem_lists.id"), index=True)
    position: Mapped[int]
    topic: Mapped[str] = mapped_column(String(16))
    asked: Mapped[str] = mapped_column(Text)
    answer: Mapped[str] = mapped_column(Text)
    times: Mapped[int] = mapped_column(default=1)
    questions: Mapped[list[Any]] = mapped_column(JSON, default=list)
    dropped: Mapped[bool] = mapped_column(default=False)
    confirmed_by: Mapped[str] = mapped_column(String(64), default="")
    confirmed_at: Mapped[datetime | None]
    list: Mapped[ProblemList] = relationship(back_populates="items")
