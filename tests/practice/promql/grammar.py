"""Random queries over the made-up samples: whatever our engine says it can do, in any order."""

from hypothesis import strategies as st

_NAMES = (
    "requests_total requests_total memory_bytes memory_bytes odd odd "
    "limit_bytes seconds_bucket torn_bucket owner nothing"
).split()
_LABELS = ("namespace", "service", "pod", "code", "le", "kind")
_MATCHERS = (
    'namespace="shop"',
    'service!="pay"',
    'pod=~"cart-.*"',
    'code!~"5..|2.."',
    'kind=~"o.*|zero"',
    'code=""',
    'pod=~".+-[ab]"',
    'le="+Inf"',
)
_RANGES = ("15s", "1m", "2m", "7m", "20m")
_OVER_RANGE = (
    "rate increase delta irate idelta resets changes sum_over_time avg_over_time min_over_time max_over_time "
    "count_over_time last_over_time present_over_time"
).split()
_ELEMENTWISE = "abs ceil floor round sqrt sgn".split()
_ALL_INTO_ONE = "sum avg min max count group stddev".split()

names = st.sampled_from(_NAMES)
ranges = st.sampled_from(_RANGES)
numbers = st.sampled_from(("0", "1", "2.5", "-3", "1e8", "0.1"))
label_lists = st.lists(st.sampled_from(_LABELS), max_size=3, unique=True).map(", ".join)


@st.composite
def selectors(draw: st.DrawFn) -> str:
    matchers = ",".join(draw(st.lists(st.sampled_from(_MATCHERS), max_size=1)))
    return f"{draw(names)}{{{matchers}}}"


@st.composite
def moved(draw: st.DrawFn, what: str) -> str:
    """With an offset or a fixed time, now and then."""
    suffix = draw(st.sampled_from(("", "", "", " offset 90s", " offset -2m", " @ end()", " @ 1789999000 offset 1m")))
    return what + suffix


@st.composite
def instants(draw: st.DrawFn) -> str:
    return draw(moved(draw(selectors())))


@st.composite
def over_ranges(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    window = f"{draw(selectors())}[{draw(ranges)}]"
    if draw(st.integers(0, 4)) == 0:
        window = f"({draw(inner)})[{draw(ranges)}:{draw(st.sampled_from(('', '30s', '1m')))}]"
    return f"{draw(st.sampled_from(_OVER_RANGE))}({draw(moved(window))})"


@st.composite
def aggregations(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    grouping = draw(st.sampled_from(("", f"by ({draw(label_lists)})", f"without ({draw(label_lists)})")))
    how = draw(st.sampled_from([*_ALL_INTO_ONE, "quantile"]))
    share = f"{draw(st.sampled_from(('0.5', '0.9', '2')))}, " if how == "quantile" else ""
    return f"{how} {grouping} ({share}{draw(inner)})"


@st.composite
def combinations(draw: st.DrawFn, inner: st.SearchStrategy[str]) -> str:
    sign = draw(st.sampled_from("+ - * / % ^ == != > < >= <= and or unless".split()))
    as_bool = " bool" if sign in "== != > < >= <=".split() and draw(st.booleans()) else ""
    if sign not in ("and", "or", "unless") and draw(st.booleans()):
        sides = [draw(inner), draw(numbers)]
        return f"({sides[0]}) {sign}{as_bool} {sides[1]}" if draw(st.booleans()) else (
            f"{sides[1]} {sign}{as_bool} ({sides[0]})"
        )  # fmt: skip
    matching = draw(st.sampled_from(("", f"on ({draw(label_lists)})", f"ignoring ({draw(label_lists)})")))
    grouping = ""
    if matching and sign not in ("and", "or", "unless"):
        grouping = draw(st.sampled_from(("", "", "group_left ()", "group_right ()")))
    return f"({draw(inner)}) {sign}{as_bool} {matching} {grouping} ({draw(inner)})"


def _around(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        aggregations(inner),
        combinations(inner),
        over_ranges(inner),
        st.builds("{}({})".format, st.sampled_from(_ELEMENTWISE), inner),
        inner.map(lambda each: f"-({each})"),
        inner.map(lambda each: f"histogram_quantile(0.9, {each})"),
        inner.map(lambda each: f'label_replace({each}, "pod", "$1", "pod", "(.*)-.*")'),
        inner.map(lambda each: f"absent({each})"),
    )


queries = st.recursive(st.one_of(instants(), over_ranges(instants())), _around, max_leaves=4)
