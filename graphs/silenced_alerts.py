"""Which of the alerts that fire now somebody means who says "silence this"."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import ToolFailed
from domain.messages import Message
from graphs.desk import Desk
from graphs.focus import Focus
from graphs.silence_wish import Wish
from graphs.silencing import firing
from tools.alertmanager.silences import FiringAlert, grouped


@dataclass(frozen=True, slots=True)
class Meant:
    alerts: tuple[FiringAlert, ...]
    incident: str = ""
    unclear: tuple[FiringAlert, ...] = ()
    """Where nothing tells them apart: what could be meant. `alerts` is empty then."""


async def meant(desk: Desk, message: Message, focus: Focus, wish: Wish, namespace: str) -> Meant:
    """The alerts that are meant and not silent yet; ToolFailed says in words why there are none."""
    held = await firing(desk)
    incident = await _incident(desk, message, focus, wish)
    if wish.name:
        return Meant(_loud(_named(held, wish.name, namespace)), incident)
    stored = [one for one in await desk.store.alerts.of_incident(incident) if one.firing] if incident else []
    if stored:
        known = {one.fingerprint for one in stored}
        of_incident = tuple(
            alert for alert in held if alert.fingerprint in known or any(alert.labels == one.labels for one in stored)
        )
        if not of_incident:
            raise ToolFailed(
                f"The alerts of incident {incident} are held by Alertmanager no longer: nothing to silence."
            )
        return Meant(_loud(of_incident), incident)
    about = tuple(alert for alert in held if _is_about(alert, namespace or focus.namespace, focus.service))
    found = about or held
    if not found:
        raise ToolFailed("Alertmanager holds no alert now: there is nothing to silence.")
    if len(grouped(found)) > 1:
        return Meant((), incident, found)
    return Meant(_loud(found), incident)


async def _incident(desk: Desk, message: Message, focus: Focus, wish: Wish) -> str:
    if wish.incident:
        if await desk.store.incidents.get(wish.incident) is None:
            raise ToolFailed(f"There is no incident {wish.incident}.")
        return wish.incident
    if focus.incident:
        return focus.incident
    here = await desk.store.incidents.of_conversation(message.conversation)
    return here.id if here is not None and here.state != "closed" else ""


def _named(held: Sequence[FiringAlert], name: str, namespace: str) -> tuple[FiringAlert, ...]:
    there = {alert.labels.get("alertname", "") for alert in held}
    found = tuple(
        alert
        for alert in held
        if alert.labels.get("alertname", "").lower() == name.lower()
        and (not namespace or alert.labels.get("namespace", "") in {namespace, ""})
    )
    if found:
        return found
    where = f" in {namespace}" if namespace else ""
    near = difflib.get_close_matches(name, sorted(there), n=3, cutoff=0.5) or sorted(there)[:5]
    what = f"It holds {', '.join(near)}." if near else "It holds none at all."
    raise ToolFailed(f"Alertmanager holds no alert called {name[:80]}{where} now. {what}")


def _loud(alerts: Sequence[FiringAlert]) -> tuple[FiringAlert, ...]:
    """Those that are not silenced yet."""
    loud = tuple(alert for alert in alerts if not alert.silenced_by)
    if alerts and not loud:
        names = ", ".join(sorted({alert.labels.get("alertname", "") for alert in alerts}))
        raise ToolFailed(f"{names} is silenced already, by {alerts[0].silenced_by[0]}.")
    return loud


def _is_about(alert: FiringAlert, namespace: str, service: str) -> bool:
    if not namespace or alert.labels.get("namespace", "") != namespace:
        return False
    return not service or any(
        value == service or value.startswith(f"{service}-")
        for name, value in alert.labels.items()
        if name != "alertname"
    )
