"""What fits one exchange: where a long text is cut, and which pushes show their reply."""

import re
from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.wechat import messages, replies
from bot.wechat.limits import MAX_TEXT_BYTES, MORE, is_reply_shown, size, split_text

FAMILY = "👨‍👩‍👧‍👦"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
JOINED = {
    "england": ENGLAND,
    "family": FAMILY,
    "flag": "🇨🇳",
    "skin": "👍🏽",
    "accent": "e\u0301",
    "keycap": "1\ufe0f\u20e3",
    "heart": "❤\ufe0f",
}


def parts(content: str, suffix: str = MORE) -> list[str]:
    """All parts as the follower would ask for them with 继续."""
    found = []
    while content.strip("\n"):
        first, content = split_text(content, suffix)
        assert first
        assert size(first + (suffix if content else "")) <= MAX_TEXT_BYTES
        found.append(first)
    return found


@pytest.mark.parametrize("content", ["", "x", "字" * 682 + "xx", "x" * 2048, "\n" * 2048])
def test_what_fits_stays_whole(content):
    assert split_text(content) == (content, "")


def test_one_byte_too_many_is_split_with_room_for_the_line_below():
    first, rest = split_text("字" * 683)
    assert first + rest == "字" * 683
    assert MAX_TEXT_BYTES - 3 < size(first + MORE) <= MAX_TEXT_BYTES


def test_the_line_below_says_what_to_type():
    assert MORE.strip() == "回复 继续 查看下文"


def test_line_ends_are_preferred_then_sentences():
    lines = "\n".join("第一行是这样的。还有半句，" * 3 for _ in range(30))
    assert all(part.endswith("还有半句，") for part in parts(lines))
    assert all(part.endswith("。") for part in parts("这是一句话。" * 400))


def test_a_line_end_far_ahead_does_not_make_a_short_part():
    first, _ = split_text("短\n" + "字" * 1000)
    assert size(first) > MAX_TEXT_BYTES // 2


@pytest.mark.parametrize("shift", range(60))
def test_a_link_is_never_cut(shift):
    link = replies.choice_link("报名河道清洁志愿活动", id="7")
    web = '<a href="https://example.org/a?b=1&c=2">打开\n页面。</a>'
    found = parts(("字" * (600 + shift) + link + web) * 4)
    assert "".join(found).count(link) == "".join(found).count(web) == 4
    for part in found:
        assert part.count("<a ") == part.count("</a>")


def test_a_link_longer_than_a_reply_is_cut_rather_than_never_sent():
    assert "".join(parts('<a href="' + "x" * 5000 + '">a</a>')) == '<a href="' + "x" * 5000 + '">a</a>'


@pytest.mark.parametrize("name", JOINED)
@pytest.mark.parametrize("shift", range(30))
def test_what_is_seen_as_one_character_is_never_cut(name, shift):
    one = JOINED[name]
    found = parts("x" * shift + one * (5000 // size(one)))
    assert all((part.removeprefix("x" * shift)).replace(one, "") == "" for part in found)


def test_flags_in_a_row_are_cut_between_flags():
    found = parts("x" + "🇨🇳🇺🇳" * 300)
    assert len(found) > 1
    assert all(re.fullmatch("x?(🇨🇳|🇺🇳)+", part) for part in found)


def test_an_endless_emoji_is_cut_rather_than_never_sent():
    endless = "\u200d".join("👨" * 1000)
    assert "".join(parts(endless)) == endless


PIECES = st.one_of(st.characters(), st.sampled_from([*"\n。 <>/a", FAMILY, "</a>", '<a href="x">']))


@given(st.lists(PIECES, max_size=60).map("".join))
def test_nothing_but_line_breaks_is_lost(content):
    long = content * (4000 // max(size(content), 1) + 1) if content else "x"
    assert "".join(parts(long)).replace("\n", "") == long.replace("\n", "")


def test_lone_surrogates_do_not_stop_an_answer():
    assert "".join(parts("\ud83d" * 1500)) == "\ud83d" * 1500


@pytest.mark.timeout(60)
@pytest.mark.parametrize("unit", ["<a ", "<a x>", "<a x>y</a>", "\u200d", "🇨", "e\u0301\u0301"])
def test_texts_made_to_be_slow_are_split(unit):
    assert len(parts(unit * (20000 // size(unit)))) >= 10


def test_a_suffix_that_leaves_no_room_is_refused():
    with pytest.raises(ValueError, match="no room"):
        split_text("字" * 1000, "x" * 2047)


# -- shown or not ------------------------------------------------------------------------------------

COMMON = {"account": "gh_1", "openid": "oABC", "created_at": datetime(2026, 5, 4, tzinfo=timezone.utc)}


@pytest.mark.parametrize(
    ("message", "shown"),
    [
        (messages.Text(**COMMON, content="x"), True),
        (messages.Location(**COMMON, latitude=1, longitude=2), True),
        (messages.UnknownMessage(**COMMON, type="hologram"), True),
        (messages.Subscribe(**COMMON), True),
        (messages.Scan(**COMMON), True),
        (messages.Click(**COMMON), True),
        (messages.ScanCode(**COMMON, event="scancode_waitmsg"), True),
        (messages.ScanCode(**COMMON, event="scancode_push"), False),
        (messages.Unsubscribe(**COMMON), False),
        (messages.View(**COMMON), False),
        (messages.View(**COMMON, event="view_miniprogram"), False),
        (messages.PositionReport(**COMMON), False),
        (messages.Pictures(**COMMON, event="pic_weixin"), False),
        (messages.LocationSelect(**COMMON), False),
        (messages.TemplateReport(**COMMON), False),
        (messages.MassReport(**COMMON), False),
        (messages.NoticeReport(**COMMON, event="subscribe_msg_popup_event"), False),
        (messages.AgentSession(**COMMON, event="kf_create_session"), False),
        (messages.PublishReport(**COMMON), False),
        (messages.PersonalDataWithdrawn(**COMMON, event="user_info_modified"), False),
        (messages.Verification(**COMMON, event="annual_renew"), False),
        (messages.UnknownEvent(**COMMON, event="debug_demo"), False),
    ],
    ids=lambda value: getattr(value, "event", type(value).__name__),
)
def test_which_pushes_show_their_reply(message, shown):
    assert is_reply_shown(message) is shown
