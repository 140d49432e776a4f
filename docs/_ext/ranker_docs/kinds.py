"""What a setting may be, in words, from its type."""

from __future__ import annotations

from msgspec import inspect as kinds

_UNITS = {
    "hours": "hours", "days": "days", "minutes": "minutes", "seconds": "seconds", "megabytes": "megabytes", "kilobytes": "kilobytes",
    "characters": "characters", "per_minute": "a minute", "points": "points",
}  # fmt: skip
_COUNTED = ("neighbours_", "page_", "stream_limit")
_MANY = {"text": "texts", "number": "numbers", "whole number": "whole numbers"}


def unit(key: str) -> str:
    """The unit that a key's name ends with; empty if it names none, or begins with what is counted."""
    if key.startswith(_COUNTED):
        return ""
    return next((words for ending, words in _UNITS.items() if key == ending or key.endswith(f"_{ending}")), "")


def words(kind: kinds.Type) -> str:
    """What values of a type are: "whole number ≥ 1"."""
    match kind:
        case kinds.LiteralType():
            return " or ".join(f"`{value}`" for value in sorted(kind.values, key=str))
        case kinds.ListType():
            return f"list of {many(words(kind.item_type))}"
        case kinds.DictType():
            return f"mapping of names to {many(words(kind.value_type))}"
        case kinds.UnionType():
            return " or ".join(words(each) for each in sorted(kind.types, key=lambda each: isinstance(each, kinds.NoneType)))
        case kinds.StructType():
            return "mapping of " + ", ".join(f"`{field.name}`" for field in kind.fields)
    return _simple(kind)


def _simple(kind: kinds.Type) -> str:
    match kind:
        case kinds.BoolType():
            return "`true` or `false`"
        case kinds.NoneType():
            return "`null`"
        case kinds.StrType():
            return "text"
        case kinds.IntType():
            return f"whole number{_limits(kind)}"
        case kinds.FloatType():
            return f"number{_limits(kind)}"
    raise TypeError(f"no words for {kind}")


def many(told: str) -> str:
    """The plural of what `words` says."""
    return " or ".join(_plural(part) for part in told.split(" or "))


def _plural(told: str) -> str:
    if told.startswith(("list of ", "mapping of ")):
        return told.replace(" of ", "s of ", 1)
    one = next((one for one in sorted(_MANY, key=len, reverse=True) if told.startswith(one)), "")
    return _MANY.get(one, one) + told.removeprefix(one)


def _limits(kind: kinds.IntType | kinds.FloatType) -> str:
    if kind.ge is not None and kind.le is not None:
        return f" {kind.ge:,} to {kind.le:,}"
    low = f" ≥ {kind.ge:,}" if kind.ge is not None else f" > {kind.gt:,}" if kind.gt is not None else ""
    return low + (f" and ≤ {kind.le:,}" if kind.le is not None else "")


def struct_of(kind: kinds.Type) -> kinds.StructType | None:
    """The section among the types that a value may have, or among those of a mapping's values."""
    match kind:
        case kinds.StructType():
            return kind
        case kinds.UnionType():
            return next((found for each in kind.types if (found := struct_of(each)) is not None), None)
        case kinds.DictType():
            return struct_of(kind.value_type)
    return None


def fields_of(kind: kinds.Type | None) -> tuple[kinds.Field, ...]:
    """The settings of a section; none of anything else."""
    return kind.fields if isinstance(kind, kinds.StructType) else ()
