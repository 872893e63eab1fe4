"""WeChat's error codes in one table: what each is called, what a sender does about it, how to explain it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Action(Enum):
    """What a sender does next."""

    DONE = "done"  # nothing: it happened already, or does not matter
    RETRY = "retry later"  # with growing pauses, a bounded number of times
    SERIAL = "serial retry"  # two calls for one follower met: one after the other
    NEXT_MINUTE = "next minute"
    MIDNIGHT = "wait until midnight Beijing"  # the day's quota is used up; clear_quota may free it earlier
    REFRESH = "refresh token"  # once, then the call once more
    DROP = "drop recipient"  # by this way or for good: Reach tells
    PAYLOAD = "payload wrong"  # the same request can never succeed
    STOP = "stop and alert"  # someone must do something first: Reach tells how much stops


class Reach(Enum):
    """How far a DROP or a STOP goes."""

    CALL = "call"
    CONSENT = "consent"  # the follower's consent to this subscribe notice is gone
    WINDOW = "window"  # the follower's customer-service window is closed
    FOLLOWER = "follower"  # does not follow any more
    RECIPIENT = "recipient"  # this openid cannot be written to by this way
    TEMPLATE = "template"  # this template id
    CHANNEL = "channel"  # this kind of message, for the whole account
    ACCOUNT = "account"  # every call


@dataclass(frozen=True)
class Meaning:
    """``text`` is for operators, in Chinese: what happened and what to do."""

    code: int
    name: str
    action: Action
    reach: Reach
    text: str


_A, _R = Action, Reach
_ROWS: tuple[tuple[int | range, str, Action, Reach, str], ...] = (
    # -- comes right by waiting
    (-1, "busy", _A.RETRY, _R.CALL, "微信系统繁忙，会自动重试。"),
    (45011, "minute_quota", _A.NEXT_MINUTE, _R.CHANNEL, "本分钟调用太多，下一分钟自动继续。"),
    (45009, "daily_quota", _A.MIDNIGHT, _R.CHANNEL, "今天的接口额度已用完，零点后自动继续；急用可在公众平台清零。"),
    (45028, "no_mass_quota", _A.MIDNIGHT, _R.CHANNEL, "群发次数已用完，等到次日（或下月）再发。"),
    (45066, "same_id_too_fast", _A.NEXT_MINUTE, _R.CALL, "同一次群发重试太快，一分钟后自动再试。"),
    (43108, "same_follower_at_once", _A.SERIAL, _R.CALL, "同一位粉丝的两条消息撞在一起，会依次重发。"),
    # -- the token
    (
        40001,
        "bad_token",
        _A.REFRESH,
        _R.ACCOUNT,
        "access_token 失效，会自动换新；反复出现请查是否另有系统在取。",
    ),
    (40014, "malformed_token", _A.REFRESH, _R.ACCOUNT, "access_token 不合法，会自动换新。"),
    (42001, "expired_token", _A.REFRESH, _R.ACCOUNT, "access_token 过期，会自动换新。"),
    # -- nothing left to do
    (45065, "already_sent", _A.DONE, _R.CALL, "这次群发微信已经收到过，不会重复。"),
    (45080, "typing_too_late", _A.DONE, _R.CALL, "粉丝30秒内没有互动，“正在输入”不显示，不影响消息。"),
    (45081, "typing_already", _A.DONE, _R.CALL, "“正在输入”已在显示，不影响消息。"),
    # -- this follower, this way
    (43101, "no_consent", _A.DROP, _R.CONSENT, "粉丝没有订阅这个通知，或一次性订阅已用掉。"),
    (45015, "window_closed", _A.DROP, _R.WINDOW, "粉丝48小时内没有发过消息，或已取消关注，客服消息发不到。"),
    (45047, "window_used_up", _A.DROP, _R.WINDOW, "这一轮能发给这位粉丝的客服消息已用完，等粉丝再发消息。"),
    (43004, "not_following", _A.DROP, _R.FOLLOWER, "粉丝已取消关注。"),
    (50005, "unfollowed", _A.DROP, _R.FOLLOWER, "粉丝已取消关注。"),
    (40003, "foreign_openid", _A.DROP, _R.FOLLOWER, "这个 openid 不属于本账号。"),
    (46004, "no_such_user", _A.DROP, _R.FOLLOWER, "这个微信用户不存在。"),
    (43019, "blacklisted", _A.DROP, _R.RECIPIENT, "粉丝在本账号的黑名单里。"),
    (45036, "user_limit", _A.DROP, _R.RECIPIENT, "这位粉丝本月收到的群发已满。"),
    (48002, "refuses_messages", _A.DROP, _R.RECIPIENT, "粉丝关闭了接收消息。"),
    (50001, "not_authorised_by_user", _A.DROP, _R.RECIPIENT, "粉丝没有授权。"),
    (50002, "user_frozen", _A.DROP, _R.RECIPIENT, "这个微信用户被冻结或已注销。"),
    # -- this template
    (40036, "template_id_size", _A.STOP, _R.TEMPLATE, "模板 ID 长度不对，请核对 config.yaml 里的 push.templates。"),
    (40037, "template_unknown", _A.STOP, _R.TEMPLATE, "模板 ID 不存在，可能已删除或把模板消息和订阅通知的 ID 填反了。"),
    (43116, "template_restricted", _A.STOP, _R.TEMPLATE, "这个模板因滥用被限制，请到公众平台查看。"),
    # -- this kind of message
    (48001, "not_permitted", _A.STOP, _R.CHANNEL, "账号没有这个接口的权限（多因未认证），请在公众平台“接口权限”查看。"),
    (43104, "no_subscribe_permission", _A.STOP, _R.CHANNEL, "没有订阅通知的权限，请在公众平台开通。"),
    (43105, "subscribe_not_bound", _A.STOP, _R.CHANNEL, "订阅通知尚未绑定，请在公众平台处理。"),
    (43106, "subscribe_punished", _A.STOP, _R.CHANNEL, "订阅通知能力受处罚，请在公众平台查看。"),
    (43107, "subscribe_banned", _A.STOP, _R.CHANNEL, "订阅通知能力已被封禁，请在公众平台查看。"),
    (40008, "type_not_allowed", _A.STOP, _R.CHANNEL, "这种消息类型不能发送。"),
    (45050, "type_not_allowed_here", _A.STOP, _R.CHANNEL, "这种消息类型不能用这个接口发送。"),
    (48008, "type_no_permission", _A.STOP, _R.CHANNEL, "没有发送这种消息类型的权限。"),
    (45040, "monthly_quota", _A.STOP, _R.CHANNEL, "本月额度已用完。"),
    (45087, "service_blocked", _A.STOP, _R.CHANNEL, "客服能力被限制，请在公众平台查看。"),
    (45093, "no_message_quota", _A.STOP, _R.CHANNEL, "没有发送额度了，请在公众平台查看。"),
    (45094, "app_blocked", _A.STOP, _R.CHANNEL, "账号的这项能力被限制，请在公众平台查看。"),
    (45501, "app_blocked_too", _A.STOP, _R.CHANNEL, "账号的这项能力被限制，请在公众平台查看。"),
    (45102, "api_blocked", _A.STOP, _R.CHANNEL, "接口被临时封禁，请在公众平台查看。"),
    (45103, "api_unsupported", _A.STOP, _R.CHANNEL, "接口不再支持，请更新程序。"),
    (45109, "api_unsupported_too", _A.STOP, _R.CHANNEL, "接口不再支持，请更新程序。"),
    (48003, "mass_not_agreed", _A.STOP, _R.CHANNEL, "还没有同意群发协议，请管理员在公众平台点一次群发。"),
    (48004, "api_banned", _A.STOP, _R.CHANNEL, "接口因违规被封禁，请在公众平台查看通知并处理。"),
    (48006, "no_clears_left", _A.STOP, _R.CHANNEL, "本月清零额度的10次机会已用完。"),
    (65400, "agents_not_enabled", _A.STOP, _R.CHANNEL, "没有开通新版客服功能，请在公众平台添加“客服”插件。"),
    # -- everything
    (40013, "bad_app_id", _A.STOP, _R.ACCOUNT, "AppID 不对，请核对 wechat.app_id。"),
    (40125, "bad_secret", _A.STOP, _R.ACCOUNT, "AppSecret 不对，请核对 BOT_WECHAT__APP_SECRET（重置过就要更新）。"),
    (40243, "secret_frozen", _A.STOP, _R.ACCOUNT, "AppSecret 已被冻结，请在公众平台解冻。"),
    (40002, "bad_grant_type", _A.STOP, _R.ACCOUNT, "取 token 的参数不对，是程序的问题。"),
    (40164, "ip_not_listed", _A.STOP, _R.ACCOUNT, "本机 IP 不在白名单里，请把报错里的 IP 加到公众平台“IP白名单”。"),
    (61004, "ip_not_listed_too", _A.STOP, _R.ACCOUNT, "本机 IP 不在白名单里，请到公众平台添加。"),
    (45035, "ip_not_allowed", _A.STOP, _R.ACCOUNT, "本机 IP 不允许调用，请到公众平台添加白名单。"),
    (89506, "ip_refused_a_day", _A.STOP, _R.ACCOUNT, "管理员拒绝了本机 IP，24小时内不能再试。"),
    (89507, "ip_refused_an_hour", _A.STOP, _R.ACCOUNT, "管理员拒绝了本机 IP，1小时内不能再试。"),
    (range(89501, 89506), "ip_needs_admin", _A.STOP, _R.ACCOUNT, "这个 IP 要等公众号管理员在微信里确认。"),
    (50004, "account_punished", _A.STOP, _R.ACCOUNT, "账号被处罚，请在公众平台查看通知。"),
    (42007, "authorisation_lost", _A.STOP, _R.ACCOUNT, "授权已失效，需要重新授权。"),
    (61023, "refresh_token_lost", _A.STOP, _R.ACCOUNT, "授权的刷新凭证已失效，需要重新授权。"),
    # -- this request, whoever it is for
    (40007, "bad_media_id", _A.PAYLOAD, _R.CALL, "素材已过期（临时素材只保留3天），请重新上传。"),
    (40033, "escaped_json", _A.PAYLOAD, _R.CALL, "请求里有 \\u 转义，是程序的问题。"),
    (47002, "escaped_json_too", _A.PAYLOAD, _R.CALL, "请求里有 \\u 转义，是程序的问题。"),
    (47001, "unreadable_request", _A.PAYLOAD, _R.CALL, "请求不是合法的 JSON，是程序的问题。"),
    (41001, "token_missing", _A.PAYLOAD, _R.CALL, "请求没有带 access_token，是程序的问题。"),
    (41002, "app_id_missing", _A.STOP, _R.ACCOUNT, "没有填 wechat.app_id。"),
    (41004, "secret_missing", _A.STOP, _R.ACCOUNT, "没有填 BOT_WECHAT__APP_SECRET。"),
    (41030, "bad_page", _A.PAYLOAD, _R.CALL, "跳转页面的路径不对。"),
    (43001, "wants_get", _A.PAYLOAD, _R.CALL, "要用 GET 请求，是程序的问题。"),
    (43002, "wants_post", _A.PAYLOAD, _R.CALL, "要用 POST 请求，是程序的问题。"),
    (46003, "no_menu", _A.PAYLOAD, _R.CALL, "账号还没有自定义菜单。"),
    (76003, "bad_path", _A.PAYLOAD, _R.CALL, "查询额度时接口路径写错了，是程序的问题。"),
    (40132, "bad_wechat_name", _A.PAYLOAD, _R.CALL, "预览用的微信号不对。"),
    (45002, "content_too_long", _A.PAYLOAD, _R.CALL, "正文太长。"),
    (45003, "title_too_long", _A.PAYLOAD, _R.CALL, "标题太长。"),
    (45004, "digest_too_long", _A.PAYLOAD, _R.CALL, "摘要太长。"),
    (45005, "url_too_long", _A.PAYLOAD, _R.CALL, "链接太长。"),
    (45006, "picture_url_too_long", _A.PAYLOAD, _R.CALL, "图片链接太长。"),
    (45008, "too_many_articles", _A.PAYLOAD, _R.CALL, "图文只能有一条。"),
    (range(45012, 45015), "template_size", _A.PAYLOAD, _R.CALL, "模板内容的长度或参数不对。"),
    (
        47003,
        "bad_template_field",
        _A.PAYLOAD,
        _R.CALL,
        "模板字段不合要求，请按报错里的字段名核对 push.templates。",
    ),
    (45067, "client_id_too_long", _A.PAYLOAD, _R.CALL, "群发编号太长。"),
    (45072, "bad_typing_command", _A.PAYLOAD, _R.CALL, "“正在输入”的命令不对，是程序的问题。"),
    (45098, "menu_message_size", _A.PAYLOAD, _R.CALL, "菜单消息的选项太多。"),
    (45099, "menu_item_size", _A.PAYLOAD, _R.CALL, "菜单消息的选项太长。"),
    (range(45056, 45060), "tag_problem", _A.PAYLOAD, _R.CALL, "标签操作不成：数量、人数超限，或是系统标签。"),
    (range(45157, 45160), "bad_tag", _A.PAYLOAD, _R.CALL, "标签名重复、太长，或标签不存在。"),
    (45168, "forbidden_word", _A.PAYLOAD, _R.CALL, "内容里有微信不允许的词，请修改。"),
    (87014, "risky_content", _A.PAYLOAD, _R.CALL, "内容没有通过微信的安全检查，请修改。"),
    (range(53500, 53506), "publish_failed", _A.PAYLOAD, _R.CALL, "发布没有通过检查，请在公众平台查看。"),
    (range(65301, 65318), "bad_menu", _A.PAYLOAD, _R.CALL, "菜单不合要求，请运行 python -m bot menu check。"),
    (range(65401, 65418), "agent_problem", _A.PAYLOAD, _R.CALL, "人工客服的账号或会话状态不允许，改由机器人继续。"),
    (range(61451, 61458), "old_agent_problem", _A.PAYLOAD, _R.CALL, "客服账号的设置不对。"),
    (range(200011, 200022), "notice_template_problem", _A.PAYLOAD, _R.CALL, "订阅通知模板的参数不对，或模板数已满。"),
)


def _table() -> dict[int, Meaning]:
    table: dict[int, Meaning] = {}
    for codes, name, action, reach, text in _ROWS:
        for code in codes if isinstance(codes, range) else (codes,):
            if code in table:
                raise ValueError(f"error code {code} stands in the table twice")
            table[code] = Meaning(code, name, action, reach, text)
    return table


TABLE = _table()


def meaning_of(code: int) -> Meaning:
    """A code that is not listed says that nothing was done, so it is retried, a bounded number of times."""
    unlisted = f"微信返回了未收录的错误码 {code}，请到微信文档查它的含义。"
    return TABLE.get(code) or Meaning(code, "unlisted", Action.RETRY, Reach.CALL, unlisted)
