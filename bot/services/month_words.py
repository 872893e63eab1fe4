"""The month in sentences that can be handed upward."""

from __future__ import annotations

from bot.services.month_report import Report, share


def title(report: Report, organisation: str) -> str:
    return f"{organisation}{report.month.year}年{report.month.month}月工作月报"


def sentences(report: Report) -> list[str]:
    """One paragraph for each field of work; of what did not happen nothing is said."""
    said = []
    it = report
    if it["activities"].value:
        said.append(
            f"志愿服务：本月开展活动{it['activities'].text}场，{it['people'].text}人参加，共{it['attendances'].text}人次，"
            f"记录服务时长{it['hours'].text}小时（比上月{it['hours'].change}）。"
            + (f"做成的事：{'、'.join(it.outcomes)}。" if it.outcomes else "")
        )
    elif it["hours"].value:
        said.append(f"志愿服务：本月记录服务时长{it['hours'].text}小时（比上月{it['hours'].change}）。")
    said.append(
        "志愿者和队伍："
        + (f"本月新登记志愿者{it['volunteers'].text}人，" if it["volunteers"].value else "")
        + f"在册志愿者{it['registered'].text}人；现有队伍{it['teams'].text}支"
        + (f"，本月新建{it['new_teams'].text}支" if it["new_teams"].value else "")
        + (f"；{it['stars'].text}人获得星级" if it["stars"].value else "")
        + "。"
    )
    if it["asked"].value or it["answered"].value:
        said.append(
            f"青年之声：收到提问{it['asked'].text}个，答复{it['answered'].text}个；3小时内受理 {share(it.review[0])}，"
            f"3天内答复 {share(it.reply[0])}"
            + (f"；{it['satisfied'].text}个评价满意" if it["satisfied"].value else "")
            + (f"。问得最多的是{it.topics[0][0]}（{it.topics[0][1]}个）" if it.topics else "")
            + "。"
        )
    if it["broadcasts"].value or it["follows"].value:
        said.append(
            "公众号："
            + (f"群发{it['broadcasts'].text}次，送达{it['told'].text}人次；" if it["broadcasts"].value else "")
            + f"新关注{it['follows'].text}人，取消关注{it['unfollows'].text}人。"
        )
    return said
