"""The sample activities' words, times and how many already joined; for the demo only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypedDict

SATURDAY, SUNDAY = 5, 6
_INSURED = "主办方为每位志愿者投保意外险。"


class Words(TypedDict):
    """What followers read about it."""

    title: str
    place: str
    content: str
    risk: str
    bring: str
    insurance: str
    organiser: str
    leader: str
    contact: str


@dataclass(frozen=True)
class Sample:
    """``weekday`` is the next such day after today plus ``days``; None counts ``days`` from today."""

    weekday: int | None
    days: int
    starts: str
    ends: str
    capacity: int
    joined: int
    words: Words
    signup: Literal["now", "later", "closed"] = "now"
    kind: str = "volunteer"


def _words(title: str, place: str, content: str, risk: str, bring: str, leader: str, insured: bool = True) -> Words:
    return {
        "title": title,
        "place": place,
        "content": content,
        "risk": risk,
        "bring": bring,
        "insurance": _INSURED if insured else "室内活动，不另投保。",
        "organiser": "青山团县委",
        "leader": leader,
        "contact": "0571-00000000",
    }


SAMPLES = (
    Sample(
        None, 1, "18:30", "20:30", 30, 12, kind="training",
        words=_words(
            "青年夜校：手机短视频剪辑", "县青少年活动中心三楼", "零基础学剪辑，两小时剪出一条自己的短视频。",
            "室内活动，无特别风险。", "手机和充电器", "林老师", insured=False,
        ),
    ),
    Sample(
        SATURDAY, 0, "08:30", "11:00", 20, 18,
        words=_words(
            "江滨公园清洁", "江滨公园南门", "沿江步道捡拾垃圾、劝导不文明行为。",
            "临水作业，请穿防滑鞋，不下河堤。", "帽子、水杯；手套和垃圾袋现场发", "王老师",
        ),
    ),
    Sample(
        SATURDAY, 0, "09:00", "11:30", 2, 5,
        words=_words(
            "微笑驿站值班", "人民广场微笑驿站", "为市民提供茶水、雨具、包裹寄存和旅游咨询。",
            "固定岗位，无特别风险。", "穿红马甲（驿站提供）", "陈站长",
        ),
    ),
    Sample(
        SATURDAY, 0, "13:00", "15:30", 16, 9,
        words=_words(
            "敬老院陪伴日", "城东敬老院", "陪老人聊天、读报、剪指甲，一起包饺子。",
            "请勿喂食自带食品；身体不适请不要参加。", "口罩", "李老师",
        ),
    ),
    Sample(
        SATURDAY, 0, "14:00", "16:00", 10, 9,
        words=_words(
            "县图书馆整架", "县图书馆二楼", "把读者还回的图书按编号归位，协助自助借还。",
            "搬书请量力而行。", "无", "周老师", insured=False,
        ),
    ),
    Sample(
        SUNDAY, 0, "07:30", "09:30", 24, 11,
        words=_words(
            "文明交通劝导", "人民路与中山路口", "早高峰劝导礼让斑马线、规范停放电动车。",
            "站在人行道内，听从交警安排。", "帽子、水杯", "赵警官",
        ),
    ),
    Sample(
        SUNDAY, 0, "09:00", "11:30", 12, 4,
        words=_words(
            "清溪河道清洁", "清溪桥头停车场", "清理清溪两岸白色垃圾，记录排污口。",
            "河边湿滑，须两人一组；14–17岁须家长同行。", "雨鞋、换洗衣物", "河小二队 何队长",
        ),
    ),
    Sample(
        SUNDAY, 0, "14:00", "16:30", 8, 3,
        words=_words(
            "留守儿童功课辅导", "石桥镇青年之家", "一对一辅导小学作业，最后一起做游戏。",
            "往返乘坐统一大巴。", "笔和本子", "石桥镇团委 徐老师",
        ),
    ),
    Sample(
        None, 4, "13:30", "16:30", 15, 6,
        words=_words(
            "无偿献血宣传", "人民广场献血车旁", "引导登记、发放资料、陪护献血者休息。",
            "不要求志愿者献血。", "无", "县红十字会 吴老师",
        ),
    ),
    Sample(
        None, 6, "19:00", "20:30", 40, 8, kind="training",
        words=_words(
            "志愿者必修课：心理疏导入门", "县青少年活动中心报告厅", "怎样倾听、怎样转介，附情景演练。",
            "室内活动，无特别风险。", "笔记本", "心理健康专家 沈老师", insured=False,
        ),
    ),
    Sample(
        None, 2, "08:00", "11:30", 10, 8, signup="closed",
        words=_words(
            "便民服务集市布置", "老城文化广场", "搭帐篷、摆桌椅、引导摊位，为便民服务集市做准备。",
            "搬运物品请戴手套。", "手套", "孙老师",
        ),
    ),
    Sample(
        SATURDAY, 14, "06:30", "11:30", 60, 0, signup="later",
        words=_words(
            "青山半程马拉松志愿者", "县体育中心", "赛道补给、起终点引导、检录；须参加赛前培训。",
            "长时间站立，注意防晒补水。", "帽子、防晒霜", "赛事组 高老师",
        ),
    ),
)  # fmt: skip
