"""How activities, shifts and registrations are called on the console's pages."""

from __future__ import annotations

STATES = {
    "draft": ("草稿", "calm"),
    "submitted": ("待审核", "wait"),
    "rejected": ("已退回", "bad"),
    "open": ("已发布", "good"),
    "withdrawn": ("已撤回", "calm"),
    "cancelled": ("已取消", "bad"),
}
PHASES = {
    "not_open": ("未开始报名", "calm"),
    "signup": ("报名中", "good"),
    "closed": ("报名截止", "wait"),
    "running": ("进行中", "busy"),
    "over": ("待结算", "wait"),
    "settled": ("已结算", "calm"),
}
KINDS = {
    "volunteer": "志愿服务",
    "training": "培训",
    "league": "团务",
    "meeting": "会议",
    "entertainment": "文体",
    "selection": "选拔",
    "campaign": "系列活动",
}
PARTS = (
    ("ahead", "进行中和将来"),
    ("review", "待审核"),
    ("draft", "草稿和退回"),
    ("past", "已结束"),
    ("ended", "取消和撤回"),
    ("all", "全部"),
)
PRESENCE = {
    "signed_up": ("已报名", "good"),
    "confirmed": ("没到", "calm"),
    "offered": ("有空位，等他确认", "wait"),
    "pending": ("等审核", "wait"),
    "waiting": ("候补", "calm"),
    "checked_in": ("在场", "good"),
    "checked_out": ("已签退", "busy"),
    "unclosed": ("没签退", "bad"),
    "completed": ("已记时长", "busy"),
    "absent": ("缺席", "bad"),
}
"""States of registrations; signed_up is what confirmed means before check-in opens."""
WAITS = {
    "next": "下一个空位就是他",
    "no_seat": "排在前面的人先得",
    "too_few": "空位不够他们一行人一起",
    "kept_for_party": "空位正留给前面的几个人一起",
    "unreached": "上次有空位没能通知到，等他说话",
    "hindered": "暂时参加不了",
}
LINE = {
    "not_open": "活动没有开放报名，不递补。",
    "closed": "报名已经截止，不再递补。",
    "insured": "保险名单已经截止，不再递补。",
    "too_near": "离开始不到2小时，不再自动邀请；请打电话补位，到场后点“加人”。",
    "started": "活动已经开始，不再递补；到场的请点“加人”。",
    "no_free_seat": "现在没有空位。",
}
"""Why nobody of the line is asked: about the shift as a whole."""
REASONS = {"danger": "有危险", "large": "大型活动", "long": "服务期超过一个月", "asked": "主办方要求"}
WEEKDAYS = "一二三四五六日"
