"""/problems: the lists of problems that were signed, for anybody to read."""

from __future__ import annotations

from itertools import groupby

from flask import Blueprint, Response, abort, make_response, render_template

from bot.services.questions import problem_lists
from bot.services.questions.states import WINDOWS
from bot.storage.database import Database


def add(pages: Blueprint, database: Database) -> None:
    @pages.get("/problems")
    @pages.get("/problems/<month>")
    def problems(month: str = "") -> Response:
        """The newest list, or that of a month; the others are linked below."""
        with database.session() as db:
            lists = problem_lists.published(db)
            row = next((one for one in lists if one.month == month), None) if month else next(iter(lists), None)
            if row is None:
                abort(404)
            groups = [
                (WINDOWS[topic], list(items))
                for topic, items in groupby(problem_lists.lines(row), key=lambda item: item.topic)
            ]
            others = [one.month for one in lists if one.month != row.month]
            page = render_template("problems.html", month=row.month, groups=groups, others=others)
        return make_response(page)
