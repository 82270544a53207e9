"""Measured values as people say them."""


def measured(value: str, unit: str) -> str:
    """ "0.482", "s" -> "482 ms"; a value that is no number is said as it is."""
    try:
        number = float(value)
    except ValueError:
        return f"{value} {unit}".strip()
    if unit == "s":
        return f"{number * 1000:.0f} ms" if abs(number) < 1 else f"{number:.2f} s"
    if unit == "%":
        return f"{number:.1f} %"
    if unit == "bytes":
        for step in ("B", "KiB", "MiB", "GiB"):
            if abs(number) < 1024:
                return f"{number:.0f} {step}"
            number /= 1024
        return f"{number:.1f} TiB"
    return f"{number:.3g} {unit}".strip()


def change(before: str, after: str, unit: str) -> str:
    """ "120 ms to 570 ms (+450 ms)" """
    said = f"{measured(before, unit)} to {measured(after, unit)}"
    try:
        difference = float(after) - float(before)
    except ValueError:
        return said
    sign = "+" if difference >= 0 else "-"
    # A share that goes from 0.1 % to 40 % has not grown by 40 %.
    apart = f"{abs(difference):.1f} points" if unit == "%" else measured(str(abs(difference)), unit)
    return f"{said} ({sign}{apart})"


def percent(share: float | None) -> str:
    """0.125 -> "12.5 %"; "" where there is none."""
    return "" if share is None else f"{100 * share:.1f} %"
