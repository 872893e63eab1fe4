"""Where settings come from: YAML with the line of every value, the environment; and what is wrong said in Chinese."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

PREFIX = "BOT_"
# Variables of ours that are not settings; what follows BOT_ and has no "__" may also belong to someone else.
NOT_SETTINGS = {"BOT_CONFIG", "BOT_SHARED"}
Path_ = tuple[str, ...]


@dataclass(frozen=True)
class Mistake:
    """One thing to put right: which setting, where it was read, what is wrong and what to write instead."""

    setting: str
    source: str
    text: str

    def __str__(self) -> str:
        return f"{self.setting}（{self.source}）：{self.text}"


class SettingsError(Exception):
    """Every mistake at once; ``str()`` is what a person reads."""

    def __init__(self, mistakes: Iterable[Mistake]):
        self.mistakes = tuple(mistakes)
        super().__init__(self.mistakes)

    def __str__(self) -> str:
        if len(self.mistakes) == 1:
            return f"设置有误：{self.mistakes[0]}"
        return "\n".join([f"设置有 {len(self.mistakes)} 处需要改：", *(f"  · {mistake}" for mistake in self.mistakes)])


@dataclass
class Values:
    """Nested values, and for each path the place where it was written."""

    tree: dict[str, Any] = field(default_factory=dict)
    places: dict[Path_, str] = field(default_factory=dict)
    mistakes: list[Mistake] = field(default_factory=list)

    def over(self, other: Values) -> Values:
        """``other`` with our values on top."""
        return Values(_merge(other.tree, self.tree), {**other.places, **self.places}, [*other.mistakes, *self.mistakes])

    def place(self, path: Path_) -> str:
        """The nearest known place: an element of a list is where its list is."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.places:
                return self.places[path[:length]]
        return "默认值"


def _merge(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    both = {k: _merge(base[k], v) for k, v in over.items() if isinstance(v, dict) and isinstance(base.get(k), dict)}
    return {**base, **over, **both}


def read_yaml(path: Path) -> Values:
    """Scalars stay the text that was written (12355 and 007 too); the model decides what becomes a number."""
    values = Values()
    try:
        root = yaml.compose(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
    except UnicodeDecodeError:
        raise SettingsError([Mistake(path.name, str(path), "不是 UTF-8 编码，请另存为 UTF-8。")]) from None
    except OSError as error:
        raise SettingsError([Mistake(path.name, str(path), f"读不了这个文件（{error.strerror}）。")]) from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"第 {mark.line + 1} 行" if mark else str(path)
        raise SettingsError(
            [Mistake(path.name, line, f"YAML 写法有误：{error.problem}。检查缩进、冒号和引号。")]
        ) from None
    if isinstance(root, yaml.MappingNode):
        values.tree = _mapping(root, (), path.name, values)
    elif root is not None:
        raise SettingsError([Mistake(path.name, "第 1 行", "应为“名称: 值”的形式。")])
    return values


def _mapping(node: yaml.MappingNode, path: Path_, name: str, values: Values) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, value in node.value:
        inner = (*path, str(key.value))
        place = f"{name} 第 {key.start_mark.line + 1} 行"
        if inner in values.places:
            values.mistakes.append(Mistake(".".join(inner), place, f"与{values.places[inner]}重复，请只留一处。"))
        values.places[inner] = place
        plain = _plain(value, inner, name, values)
        if plain is not None:
            result[inner[-1]] = plain
    return result


def _plain(node: yaml.Node, path: Path_, name: str, values: Values) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, name, values)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, (*path, str(i)), name, values) for i, item in enumerate(node.value)]
    # "key:" with nothing behind it means "the default", not an empty text.
    empty = isinstance(node, yaml.ScalarNode) and node.style is None and node.value in ("", "~", "null")
    return None if empty else node.value


def read_environment(environ: Mapping[str, str], model: type[BaseModel]) -> Values:
    """BOT_<SECTION>__<KEY>; lists and tables are written as YAML."""
    values = Values()
    names = known(model)
    for variable, text in sorted(environ.items()):
        if not variable.startswith(PREFIX) or variable in NOT_SETTINGS:
            continue
        path = tuple(variable.removeprefix(PREFIX).lower().split("__"))
        if len(path) == 1 and ".".join(path) not in names and not _nearest(path[0], names, 0.8):
            continue
        found = _field(model, path)
        if not text and found is not None and found.annotation is not str:
            continue  # compose files pass empty variables on; only a text can be empty
        values.places[path] = f"环境变量 {variable}"
        if found is not None and isinstance(found.annotation, type) and issubclass(found.annotation, BaseModel):
            values.mistakes.append(Mistake(path[0], values.places[path], f"这是一组设置，请写 {variable}__名称。"))
            continue
        tree = values.tree
        for part in path[:-1]:
            tree = tree.setdefault(part, {})
        try:
            tree[path[-1]] = _from_text(text, found)
        except yaml.YAMLError:
            values.mistakes.append(Mistake(".".join(path), values.places[path], "读不懂，列表请写成 [24, 2] 这样。"))
    return values


def _from_text(text: str, field_: FieldInfo | None) -> Any:
    structured = field_ is not None and getattr(field_.annotation, "__origin__", None) in (tuple, list, dict)
    if not structured:
        return text
    return yaml.load(text if text.lstrip()[:1] in ("[", "{") else f"[{text}]", Loader=yaml.BaseLoader)


def _field(model: type[BaseModel], path: Path_) -> FieldInfo | None:
    found = model.model_fields.get(path[0])
    if found is None or len(path) == 1:
        return found
    inner = found.annotation
    return _field(inner, path[1:]) if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def known(model: type[BaseModel], prefix: str = "") -> dict[str, FieldInfo]:
    """Every setting by its dotted name, sections included."""
    result: dict[str, FieldInfo] = {}
    for name, found in model.model_fields.items():
        result[prefix + name] = found
        if isinstance(found.annotation, type) and issubclass(found.annotation, BaseModel):
            result |= known(found.annotation, f"{prefix}{name}.")
    return result


def _nearest(name: str, names: Iterable[str], cutoff: float = 0.6) -> str | None:
    names = list(names)
    leaf = name.rpartition(".")[2]
    same_leaf = [each for each in names if each.rpartition(".")[2] == leaf and each != name]
    return next(iter(same_leaf or difflib.get_close_matches(name, names, 1, cutoff)), None)


def mistakes(error: ValidationError, values: Values, model: type[BaseModel], secret: set[str]) -> list[Mistake]:
    """pydantic's findings in people's words; a secret's value is never repeated."""
    result = []
    for found in error.errors():
        path = tuple(str(part) for part in found["loc"])
        name = ".".join(path)
        written = (
            "" if name in secret or isinstance(found["input"], dict | BaseModel) else f"写的是 “{found['input']}”，"
        )
        if found["type"] == "extra_forbidden":
            near = _nearest(name, known(model))
            text = "没有这个设置" + (f"；是不是 {near}？" if near else "。全部设置见 config.yaml。")
        else:
            text = written + _complaint(found["type"], found.get("ctx", {}), found["input"])
        result.append(Mistake(name, values.place(path), text))
    return result


def _complaint(kind: str, context: Mapping[str, Any], given: Any) -> str:
    if kind == "value_error":
        return str(context["error"])
    if kind == "literal_error":
        choices = [each.strip("'") for each in str(context["expected"]).replace(" or ", ", ").split(", ")]
        near = difflib.get_close_matches(str(given), choices, 1)
        return f"只能是 {'、'.join(choices)}" + (f"；是不是 {near[0]}？" if near else "。")
    limits = {"greater_than_equal": ("ge", "至少"), "greater_than": ("gt", "应大于"), "less_than_equal": ("le", "至多"),
              "less_than": ("lt", "应小于")}  # fmt: skip
    if kind in limits:
        key, word = limits[kind]
        return f"{word} {context[key]:g}。"
    if kind.startswith(("int_", "float_")):
        return "应为整数，例如 8。" if kind.startswith("int_") else "应为数字，例如 4.5。"
    if kind.startswith(("tuple_", "list_")):
        return "应为列表，例如 [24, 2]。"
    if kind.startswith(("model_", "dict_")):
        return "这是一组设置，应在下一行缩进后写“名称: 值”。"
    return "应为一段文字。" if kind.startswith("string_") else f"这个值用不了（{kind}）。"
