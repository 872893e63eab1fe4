"""Two hundred broken sets of files over a living folder: the old answers stay, or the new content is whole."""

import os
import random
import shutil
import time
from collections import Counter

import pytest

from bot.knowledge.checks import checked
from bot.knowledge.library import Shelf
from bot.knowledge.loader import load

SETS = 200
KEPT = """topic: 常在
entries:
  - id: meals
    ask: [有盒饭吗, 中午管饭吗, 活动包不包吃]
    answer: 全天活动有简餐。
  - id: human
    intent: always.human
    ask: [转人工, 我要找工作人员, 有没有真人]
"""
WHOLE = {
    "hours.yaml": """# yaml-language-server: $schema=schema.json
topic: 时长
entries:
  - id: hours-rule
    ask: [志愿时长怎么计算, 服务时间怎么算的, "路上时间算不算时长"]
    answer: |
      按实际服务的时间算：从签到到签退。
      路上的时间不算，有疑问打 {phone}。
    tests: [一上午算几个钟头]
  - id: certificate
    ask:
      - 志愿服务证明怎么开
      - 哪里可以开证明
      - 学校要我的服务证明
    answer: "证明免费，{certificate_days}内办好。"
    keywords: [服务证明]
    valid_until: 2099-12-31
""",
    "venues.yaml": """topic: 场地
entries:
  - id: venue-book
    ask: [怎么预约场地, 想借个会议室, 场地可以免费借吗]
    answer: 可以，请提前打 {phone}。
""",
    "words.yaml": "synonyms:\n  义工: 志愿者\nwords: [志愿汇, 青年之家]\nstop_phrases:\n  - 请问\n",
    "placeholders.yaml": "placeholders:\n  certificate_days: 3 个工作日\n",
}
VALUES = {"phone": "0571-00000000"}
ASKED = ("有盒饭吗", "有没有真人", "志愿时长怎么计算", "今天股票涨了")
SCRAPS = ["\t", "&a ", "*a ", "{", "[", "]", "}", "!x ", "\x00", ": ", "：", "，", "'", '"', "\n- ", "|", ">", "#"]
SCRAPS += ["---\n", "\u200b", "　", "\U0001f600", "\ud7ff"]


def half_written(chance, data):
    return data[: chance.randrange(len(data))]


def bytes_flipped(chance, data):
    changed = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def scraps_typed(chance, data):
    text = data.decode()
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(text))
        text = text[:at] + chance.choice(SCRAPS) + text[at:]
    return text.encode()


def a_hole(chance, data):
    at = chance.randrange(len(data))
    return data[:at] + data[at + chance.randrange(1, 200) :]


def written_twice(chance, data):
    return data + data[chance.randrange(len(data)) :]


def indentation_swapped(chance, data):
    lines = data.decode().split("\n")
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(lines))
        lines[at] = " " * chance.randrange(8) + lines[at].lstrip()
    return "\n".join(lines).encode()


def wrong_types(chance, data):
    lines = data.decode().split("\n")
    keyed = [n for n, line in enumerate(lines) if ": " in line and not line.startswith("#")]
    at = chance.choice(keyed)
    value = chance.choice(["5", "[]", "{}", "null", "[[x]]", "{a: b}", "- x", "true", "2027-99-99", "''", "~", "|"])
    lines[at] = lines[at].split(": ")[0] + ": " + value
    return "\n".join(lines).encode()


def garbage(chance, data):
    return "".join(
        chr(chance.choice([chance.randrange(32, 0xD800), chance.randrange(0xE000, 0x11000)])) for _ in range(500)
    ).encode()


def other_encoding(chance, data):
    return data.decode().encode(chance.choice(["gb18030", "utf-16", "utf-16-le", "utf-8-sig", "utf-32"]))


def bomb(chance, data):
    return chance.choice(
        [
            b"a: &a [x,x]\n" + b"".join(b"b%d: &b%d [*a,*a]\n" % (i, i) for i in range(30)),
            b"[" * 100_000,
            b"{a: " * 50_000,
            b"- " * 20_000,
            b"? " * 20_000,
            b"entries:\n" + b"- id: x\n" * 3_000,
            b"entries:\n  - id: [\n" + b"  - id: [\n" * 3_000,
            b"topic: &a [*a]\n",
        ]
    )


def huge(chance, data):
    return 50_000_000


MUTATIONS = [half_written, bytes_flipped, scraps_typed, a_hole, written_twice]
MUTATIONS += [indentation_swapped, wrong_types, garbage, other_encoding, bomb]


def write(path, content):
    if isinstance(content, int):
        with path.open("wb") as file:
            file.truncate(content)
    else:
        path.write_bytes(content)


@pytest.mark.timeout(120)
def test_two_hundred_broken_sets_change_nothing_that_should_not_change(tmp_path):
    chance = random.Random(20260303)
    folder = tmp_path / "faq"
    folder.mkdir()
    whole = {name: content.encode() for name, content in WHOLE.items()}
    (folder / "kept.yaml").write_text(KEPT, "utf-8")
    for name, content in whole.items():
        write(folder / name, content)
    shelf = Shelf(folder, VALUES, intents={"always.human"})
    assert shelf.errors == ()
    became = Counter()
    began = time.monotonic()
    for number in range(SETS):
        mutate = huge if number % 40 == 39 else MUTATIONS[number % len(MUTATIONS)]
        for name in chance.sample(sorted(whole), chance.randint(1, 3)):
            write(folder / name, mutate(chance, whole[name]))
        before = shelf.library
        answers = [before.match(text) for text in ASKED]
        accepted = shelf.refresh()
        if accepted:
            # What came into use must be right by the strictest reading, not merely harmless.
            assert shelf.errors == ()
            assert checked(load(folder), VALUES, shelf._today(), {"always.human"}).refused() == ()
        else:
            assert shelf.library is before
            assert [shelf.library.match(text) for text in ASKED] == answers
            for mistake in shelf.errors:
                assert mistake.message and mistake.place.line >= 1 and mistake.place.column >= 1, (number, mistake)
        assert (
            accepted or shelf.errors or all((folder / name).read_bytes() == content for name, content in whole.items())
        )
        assert shelf.library.match("有盒饭吗").id == "meals"
        became[mutate.__name__, "accepted" if accepted else "refused"] += 1
        for name, content in whole.items():
            write(folder / name, content)
        shelf.refresh()
        assert shelf.errors == ()
    took = time.monotonic() - began
    refused = sum(count for (_, what), count in became.items() if what == "refused")
    assert refused > SETS / 2, became
    for mutation in (bomb, huge, garbage):
        assert became[mutation.__name__, "accepted"] == 0
    assert took < 60, took


def test_a_folder_that_disappears_and_comes_back_loses_nothing(tmp_path):
    folder = tmp_path / "faq"
    folder.mkdir()
    (folder / "kept.yaml").write_text(KEPT, "utf-8")
    shelf = Shelf(folder, {})
    shutil.move(folder, tmp_path / "away")
    assert shelf.refresh() is False
    assert shelf.errors
    assert shelf.library.match("有盒饭吗").id == "meals"
    shutil.move(tmp_path / "away", folder)
    shelf.refresh()
    assert shelf.errors == ()


def test_a_file_that_cannot_be_opened_changes_nothing(tmp_path):
    folder = tmp_path / "faq"
    folder.mkdir()
    (folder / "kept.yaml").write_text(KEPT, "utf-8")
    shelf = Shelf(folder, {})
    os.remove(folder / "kept.yaml")
    (folder / "kept.yaml").symlink_to("kept.yaml")  # a link to itself
    assert shelf.refresh() is False
    assert shelf.errors[0].place.file == "faq/kept.yaml"
    assert shelf.library.match("有盒饭吗").id == "meals"
