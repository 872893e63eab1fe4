"""Every mistake by file, line and column, in words that say what to write instead."""

import os
from datetime import date

import pytest

from bot.knowledge import checks
from bot.knowledge.checks import checked
from bot.knowledge.loader import load

TODAY = date(2026, 3, 3)
INTENTS = frozenset({"sign_up.start", "sign_up.cancel", "always.help"})


def mistakes(tmp_path, text, values=None, file="a.yaml"):
    folder = tmp_path / "faq"
    folder.mkdir(exist_ok=True)
    (folder / file).write_bytes(text if isinstance(text, bytes) else text.encode())
    return [str(m) for m in checked(load(folder), values or {"phone": "0571"}, TODAY, INTENTS).mistakes]


GOOD = """topic: 志愿服务
entries:
  - id: insurance
    ask: [有保险吗, no, 12:30, "0123", 08]
    answer: 有的
    valid_until: 2027-06-30
"""
# One entry, each line of which a case below replaces.
ENTRY = """entries:
  - id: x
    ask: [有保险吗, 买保险没有, 保险呢]
    answer: 有的
"""


def test_yaml_1_2_rules_every_scalar_is_text(tmp_path):
    assert mistakes(tmp_path, GOOD) == []
    entry = load(tmp_path / "faq").entries[0]
    assert [p.text for p in entry.ask] == ["有保险吗", "no", "12:30", "0123", "08"]
    assert entry.valid_until == date(2027, 6, 30)
    assert str(entry.place) == "faq/a.yaml:3:5"


WRITTEN_WRONG = [  # (line of ENTRY to replace, what stands there instead, where, what is told)
    ("    answer: 有的", "    answer：有的", "4:11", "中文冒号；请改成英文冒号，再空一格，写成“answer: …”"),
    ("    answer: 有的", "    answer:有的", "4:11", "冒号后面要空一格，写成“answer: …”"),
    ("    answer: 有的", "\tanswer: 有的", "4:1", "Tab；请删掉，改按空格键"),
    ("    answer: 有的", "　　answer: 有的", "4:1", "“answer”前面有全角空格；请删掉"),
    ("    answer: 有的", "   answer: 有的", "4:4", "id、ask、answer 要左对齐"),
    ("    answer: 有的", "      answer: 有的", "4:7", "请和同级的行对齐"),
    ("    answer: 有的", "    answer: {phone} 找我们", "4:13", "以 { 开头的内容，请整段用英文引号括起来"),
    ("    answer: 有的", "    answer: {phone}", "4:13", "以 { 开头的内容请用英文引号括起整段"),
    ("    answer: 有的", "    answer: @老师", "4:13", "以 @ 开头"),
    ("    answer: 有的", "    answer: *重点*", "4:13", "以 * 开头"),
    ("    answer: 有的", "    answer: &重点", "4:13", "以 & 开头"),
    ("    answer: 有的", "    answer: !重点", "4:13", "以 ! 开头"),
    ("    answer: 有的", "    answer: !!python/object:os.system x", "4:13", "以 ! 开头"),
    ("    answer: 有的", "    answer: %50", "4:13", "以 % 开头"),
    ("    answer: 有的", "    answer: ? 问号", "4:13", "以 ? 开头"),
    ("    answer: 有的", "    answer: - 有的", "4:13", "请去掉开头的“- ”"),
    ("    answer: 有的", "    answer: | 有的", "4:15", "请换行，缩进后再写"),
    ("    answer: 有的", "    answer: 请看: 这里", "4:15", "请换成中文冒号“：”"),
    ("    answer: 有的", '    answer: "好的"没问题', "4:17", "引号后面还有文字"),
    ("    answer: 有的", '    answer: "有的', "4:13", "缺少结尾的英文引号"),
    ("    answer: 有的", '    answer: "有的”', "4:16", "结尾是中文引号；请都换成英文引号"),
    ("    answer: 有的", '    answer: "C:\\dir"', "4:13", "反斜杠"),
    ("    answer: 有的", "    answer: 第一行\n第二行", "5:1", "请把上面写成“answer: |”"),
    ("    answer: 有的", "    answer: [有, 的]", "4:13", "以 [ 开头的内容请用英文引号括起整段"),
    ("    answer: 有的", "    answer:\n      - 有\n      - 的", "5:7", "请先写“answer: |”"),
    ("    answer: 有的", "    answer:", "4:12", "answer 是空的"),
    ("    answer: 有的", "    answer: null", "4:13", "answer 是空的"),
    ("    answer: 有的", "", "2:5", "这一条没有 answer；请写“answer: 回答”"),
    ("    answer: 有的", "    anwser: 有的", "4:5", "不认识“anwser”；请写成 answer"),
    ("    answer: 有的", "    回答: 有的", "4:5", "请写成 answer"),
    ("    answer: 有的", "    answer: 有的\n    ask: [投保了没]", "5:5", "“ask”写了两次（第 3 行已有）"),
    ("    answer: 有的", "    answer: 有的\n    id: y", "5:5", "如果是新的一条，请写成“- id:”"),
    ("    answer: 有的", "    answer: 有\x01的", "4:14", "看不见的字符（U+0001）"),
    ("    answer: 有的", "    answer: 有的\n---\ntopic: a", "5:1", "请删掉多出来的“---”"),
    ("    answer: 有的", "    answer: 有的\n    intent: always.help", "5:13", "请删掉 intent 这一行"),
    ("    answer: 有的", "    intent: [always.help]", "4:13", "intent 应该是一段文字"),
    ("    answer: 有的", "    intent: 报名", "4:13", "不是功能的名字"),
    ("    answer: 有的", "    intent: sign_up.strat", "4:13", "没有叫 sign_up.strat 的功能；是不是 sign_up.start？"),
    ("    answer: 有的", "    answer: 有的\n    valid_until: 2027年6月3日", "5:18", "请写成 2027-06-03"),
    ("    answer: 有的", "    answer: 有的\n    valid_until: 20270603", "5:18", "请写成 2027-06-03"),
    ("    answer: 有的", "    answer: 有的\n    valid_until: 2027-02-30", "5:18", "日历上没有"),
    ("    answer: 有的", "    answer: 有的\n    valid_until: 明年", "5:18", "请写成 2027-06-30"),
    ("    answer: 有的", "    answer: 有的\n    valid_until: [2027-06-30]", "5:18", "valid_until 应该是一段文字"),
    ("    answer: 有的", "    answer: 有的\n    keywords: {a: b}", "5:15", "keywords: [词一, 词二]"),
    ("    answer: 有的", "    answer: 有的\n    keywords: [保]", "5:16", "请至少写两个字"),
    ("    answer: 有的", "    answer: 有的\n    tests: []", "5:12", "tests 是空的"),
    ("    answer: 有的", "    answer: 请打 {telephone}", "4:13", "没有叫 {telephone} 的占位；请写成 {phone}"),
    ("    answer: 有的", "    answer: 请打 {Phone}", "4:13", "请写成 {phone}"),
    ("    answer: 有的", "    answer: 请打 {电话}", "4:13", "可用的有：phone"),
    ("    answer: 有的", "    answer: 请打 ｛phone｝", "4:13", "请写成 {phone}"),
    ("    answer: 有的", "    answer: 请打 {phone", "4:13", "缺少结尾的英文花括号"),
    ("    answer: 有的", "    answer: 看 www.a.com/b，谢谢", "4:13", "请写成 https://www.a.com/b"),
    ("    answer: 有的", "    answer: 看 https：//a.cn", "4:13", "请写成 https://a.cn"),
    ("    answer: 有的", "    answer: " + "很长" * 400, "4:13", "回答有 2400 字节，微信最多 2048；请删掉约 118 个汉字"),
    ("    ask: [有保险吗, 买保险没有, 保险呢]", "    ask: [有保险吗, 买保险没有", "3:10", "没有找到配对的 ]"),
    ("    ask: [有保险吗, 买保险没有, 保险呢]", "    ask: [有保险吗, 买保险】", "3:20", "】是中文括号"),
    ("    ask: [有保险吗, 买保险没有, 保险呢]", "    ask: 【有保险吗，买保险没有】", "3:10", "请换成英文的 [ ]"),
    ("    ask: [有保险吗, 买保险没有, 保险呢]", "    ask:\n      -有保险吗\n      -保险呢", "4:7", "“-”后面要空一格"),
    ("    ask: [有保险吗, 买保险没有, 保险呢]", "    ask: {有保险吗: 1}", "3:10", "ask 应该是列表"),
    ("    ask: [有保险吗, 买保险没有, 保险呢]", "    ask: [有保险吗, [保险呢]]", "3:17", "以 [ 开头"),
    ("    ask: [有保险吗, 买保险没有, 保险呢]", "    ask: [有保险吗, 保险: 呢]", "3:17", "请换成中文冒号"),
    ("    ask: [有保险吗, 买保险没有, 保险呢]", "    ask: []", "3:10", "请至少写一句"),
    ("    ask: [有保险吗, 买保险没有, 保险呢]", '    ask: ["？？"]', "3:11", "没有文字"),
    ("    ask: [有保险吗, 买保险没有, 保险呢]", "    ask: [" + "保险" * 300 + "]", "3:11", "600 个字"),
    ("    ask: [有保险吗, 买保险没有, 保险呢]", "", "2:5", "这一条没有 ask"),
    ("    ask: [有保险吗, 买保险没有, 保险呢]", "    ask: &a [有保险吗]", "3:10", "以 & 开头"),
    ("  - id: x", "  -", "3:5", "这一条没有 id"),
    ("  - id: x", "  － id: x", "2:3", "英文的短横“-”"),
    ("  - id: x", "  - id: 保险", "2:9", "id 只能用英文字母、数字、- 和 _"),
    ("  - id: x", "  - id: [x]", "2:9", "id 应该是一段文字"),
    ("  - id: x", "    id: x", "2:5", "这里的 id 前面少了“- ”"),
    ("  - id: x", "  - 你好\n  - id: x", "2:5", "每条应该是“- id: …”"),
    ("entries:", "topic：志愿\nentries:", "1:6", "“topic”后面是中文冒号"),
    ("entries:", "topic: [a]\nentries:", "1:8", "topic 应该是一段文字"),
    ("entries:", "topics: a\nentries:", "1:1", "不认识“topics”；请写成 topic"),
    ("entries:", "placeholders: [a]\nentries:", "1:15", "每行应该是“名称: 内容”"),
    ("entries:", "placeholders:\n  电话: 1\nentries:", "2:3", "占位的名字只能用"),
    ("entries:", "placeholders:\n  a: [1]\nentries:", "2:6", "a 应该是一段文字"),
    ("entries:", "placeholders:\n  a: 1\n  a: 2\nentries:", "3:3", "写了两次"),
    ("entries:", "placeholders:\n  a: 去 {nowhere}\nentries:", "2:6", "没有叫 {nowhere} 的占位"),
    ("entries:", "synonyms: [a]\nentries:", "1:11", "每行应该是“名称: 内容”"),
    ("entries:", "words:\n  a: b\nentries:", "2:3", "words: [词一, 词二]"),
    ("entries:", "stop_phrases: [[a]]\nentries:", "1:16", "stop_phrases 应该是一段文字"),
]


@pytest.mark.parametrize(("line", "instead", "where", "told"), WRITTEN_WRONG, ids=[case[1] for case in WRITTEN_WRONG])
def test_each_mistake_says_where_and_what_to_write_instead(tmp_path, line, instead, where, told):
    assert mistakes(tmp_path, ENTRY) == []
    found = mistakes(tmp_path, ENTRY.replace(line, instead, 1))
    assert [m for m in found if m.startswith(f"faq/a.yaml:{where}: ") and told in m], found
    assert load(tmp_path / "faq").refused() or checked(load(tmp_path / "faq"), {"phone": "1"}, TODAY, INTENTS).refused()


@pytest.mark.parametrize(
    ("content", "where", "told"),
    [
        ("topic：志愿\nentries：\n", "1:1", "中文冒号"),
        ("- id: x\n  ask: [a]\n", "1:1", "“topic: 主题”和“entries:”，下面才是"),
        ("你好\n", "1:1", "文件开头应该是"),
        ("entries: 你好\n", "1:10", "每条以“- id:”开头"),
        ("", "1:1", "文件是空的"),
        ("[" * 200, "1:13", "嵌套"),
        (ENTRY.encode("gb18030"), "3:11", "是 GBK（记事本里叫 ANSI），不是 UTF-8；请在编辑器里“另存为”"),
        (ENTRY.encode("utf-16"), "1:1", "是 UTF-16（记事本里叫 Unicode），不是 UTF-8"),
        (b"topic: \xe9\n", "1:8", "编码不是 UTF-8"),
        ("a: &a [x,x]\n" + "".join(f"b{i}: &b{i} [*a,*a]\n" for i in range(30)), "1:4", "不能用 & 和 *"),
    ],
)
def test_a_whole_file_can_be_wrong(tmp_path, content, where, told):
    found = mistakes(tmp_path, content)
    assert found[0].startswith(f"faq/a.yaml:{where}: "), found
    assert told in found[0]


@pytest.mark.parametrize("text", ["\ufeff" + ENTRY, ENTRY.replace("\n", "\r\n"), ENTRY.replace("有的", "有\t的")])
def test_what_windows_writes_is_read(tmp_path, text):
    assert mistakes(tmp_path, text) == []


def test_one_slip_hides_no_other_mistake_and_no_good_entry(tmp_path):
    text = """topic: t
entries:
  - id: a
    ask: [有保险吗, 买保险没有, 保险呢]
    answer：有的
  - id: b
    ask: [管饭吗, 有盒饭吗, 中午吃啥]
    answer: 管饭
  - id: c
    ask: [多长, 多久
    answer: 两小时
  - id: b
    ask: [在哪, 在哪里, 什么地方]
    answer: |
      地点：门口
      -不是列表
"""
    found = mistakes(tmp_path, text)
    assert [m.split(": ")[0] for m in found] == ["faq/a.yaml:5:11", "faq/a.yaml:10:10", "faq/a.yaml:12:9"], found
    folder = load(tmp_path / "faq")
    assert [(entry.id, entry.topic, entry.place.line) for entry in folder.entries] == [("a", "t", 3), ("b", "t", 6)]


def test_a_slip_hides_nothing_else_in_its_own_entry(tmp_path):
    text = "topic：停车\nentries:\n  - id: 停车\n    ask: 【停车场在哪里，车停哪儿好】\n    answer：每小时 {price} 元\n"
    found = mistakes(tmp_path, text)
    places = [m.removeprefix("faq/a.yaml:").split(": ")[0] for m in found]
    assert places == ["1:6", "3:5", "3:9", "4:10", "5:11", "5:13"], found


def test_all_mistakes_at_once_over_all_files(tmp_path):
    folder = tmp_path / "faq"
    folder.mkdir()
    (folder / "a.yaml").write_text(
        "entries:\n  - id: x\n    ask: [有吗]\n  - id: x\n    ask: [没有吗]\n    answer: 没\n", "utf-8"
    )
    (folder / "b.yaml").write_text("topic: [", "utf-8")
    (folder / "c.yaml").write_bytes(b"topic: \xd6\xd0\n")
    found = [str(m) for m in load(folder).mistakes]
    assert [m.split(":")[0] for m in found] == ["faq/a.yaml", "faq/a.yaml", "faq/b.yaml", "faq/c.yaml"]


def test_collisions_between_entries(tmp_path):
    text = """entries:
  - id: a
    ask: [有保险吗, 买保险没有, 保险呢]
    answer: 有
    keywords: [保险]
  - id: b
    ask: [有保险吗？, 投保了没, 是否投保]
    answer: 有
    keywords: [保险]
"""
    found = "\n".join(mistakes(tmp_path, text))
    assert "faq/a.yaml:7:11: “有保险吗？”已经写在 a（faq/a.yaml:3:11）" in found
    assert "faq/a.yaml:9:16: 关键词“保险”已经属于 a" in found


@pytest.mark.parametrize(
    ("line", "instead", "where", "told"),
    [
        ("保险呢]", "有保险吗]", "3:24", "在这一条里写了两次"),
        (", 买保险没有, 保险呢]", "]", "2:5", "只有 1 种问法"),
        ("[有保险吗, 买保险没有, 保险呢]", "[有保险吗，买保险没有，保险呢]", "3:11", "是一句还是 3 句？"),
        ("有的", "有的\n    valid_until: 2026-03-02", "2:5", "已在 2026-03-02 过期"),
        ("有的", "有的\n    valid_until: 2026-03-20", "2:5", "将在 2026-03-20 过期"),
        ("有的", "请按 #1 号键", "4:16", "“#”后面的字是注释"),
        ("有的", "有的\n    tests: [有保险吗]", "5:13", "就在 ask 里"),
        (
            "有的\n",
            "有的\n    tests: [甲甲]\n  - id: y\n    ask: [甲甲, 乙乙, 丙丙]\n    answer: 好\n",
            "5:13",
            "是 y 的问法",
        ),
        ("entries:", "placeholders:\n  phone: 1\nentries:", "2:10", "由 config.yaml 决定"),
    ],
)
def test_advice_keeps_nothing_from_use(tmp_path, line, instead, where, told):
    found = mistakes(tmp_path, ENTRY.replace(line, instead, 1))
    assert [m for m in found if m.startswith(f"faq/a.yaml:{where}: 建议：") and told in m], found
    assert checked(load(tmp_path / "faq"), {"phone": "1"}, TODAY).refused() == ()


def test_more_phrases_than_can_be_learnt_are_said_in_time(tmp_path, monkeypatch):
    text = "entries:\n  - id: a\n    ask: [有保险吗, 买保险没有, 保险呢]\n    answer: 有。\n"
    assert mistakes(tmp_path, text) == []
    monkeypatch.setattr(checks, "LARGE", 3)
    [said] = mistakes(tmp_path, text)
    assert said.startswith("faq:1:1: 建议：共有 3 种问法；超过 3 种，小青就来不及学")


def test_files_that_are_read_and_files_that_are_not(tmp_path):
    assert mistakes(tmp_path, ENTRY, file="B.YML") == []
    assert "改名为 c.yaml" in mistakes(tmp_path, "x", file="c.yaml.txt")[0]
    (tmp_path / "faq" / "._d.yaml").write_bytes(b"\x00\x05")
    (tmp_path / "faq" / "e.yaml").symlink_to("nowhere")
    assert [m for m in mistakes(tmp_path, ENTRY, file="B.YML") if m.startswith("faq/e.yaml:1:1: 文件不见了")]
    os.remove(tmp_path / "faq" / "e.yaml")
    os.mkfifo(tmp_path / "faq" / "f.yaml")  # reading it would wait for ever
    assert load(tmp_path / "faq").refused() == ()


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_the_right_to_read(tmp_path):
    mistakes(tmp_path, ENTRY)
    (tmp_path / "faq" / "a.yaml").chmod(0)
    assert "没有读取权限" in str(load(tmp_path / "faq").mistakes[0])


@pytest.mark.parametrize("text", [None, "# 以后再写\n", "topic: t\nentries:\n", "placeholders:\n  a: b\n"])
def test_a_folder_that_says_nothing_is_a_mistake(tmp_path, text):
    (tmp_path / "faq").mkdir()
    if text is not None:
        (tmp_path / "faq" / "a.yaml").write_text(text, "utf-8")
    assert len(load(tmp_path / "faq").refused()) == 1


def test_huge_files_are_refused_before_they_are_read(tmp_path):
    folder = tmp_path / "faq"
    folder.mkdir()
    with (folder / "big.yaml").open("wb") as file:
        file.truncate(50_000_000)
    found = load(folder).mistakes
    assert len(found) == 1
    assert "MB" in found[0].message


def test_no_message_is_english_or_names_a_brace_too_many(tmp_path):
    """Whatever is broken: the sentence is for someone who reads Chinese."""
    for line, instead, _, _ in WRITTEN_WRONG:
        for found in mistakes(tmp_path, ENTRY.replace(line, instead, 1)):
            assert "expected" not in found and "{{" not in found and "found" not in found, found
