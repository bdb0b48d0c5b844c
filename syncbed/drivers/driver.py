"""What a run needs of a driver: profiles, tabs, what can be done to them, and what cannot.

A driver is made by a function that takes its `Equipment`, so that a session need not know which it is.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from ..evidence import DRIVER, Recorder
from ..trace import Fault, TabLife
from .errors import DriverError
from .faults import TabFault
from .messages import TabMessages
from .tab import Place, Tab

T = TypeVar("T", bound=Tab)

Scripts = Callable[[str], Sequence[str]]
"""What else a tab's pages run before their own first script, in this order."""


def no_scripts(tab: str) -> Sequence[str]:
    return ()


class Follower(Protocol):
    """Who has to know which tabs can be asked: a tab that is frozen or gone does not answer."""

    def answers(self, tab: Tab) -> None:
        """It has a document: its first, or another one."""

    def silent(self, tab: Tab) -> None: ...


@dataclass(frozen=True)
class Equipment:
    """What a session gives its driver. `needs` are the scenario's."""

    recorder: Recorder
    scripts: Scripts = no_scripts
    follower: Follower | None = None
    needs: frozenset[str] = field(default_factory=frozenset)
    tabs: frozenset[str] = field(default_factory=frozenset)
    """Every tab that the scenario speaks of: no window that comes unasked is called that."""


class Driver(ABC, Generic[T]):
    """One run's profiles and tabs."""

    name: ClassVar[str]
    uncontrolled: ClassVar[Sequence[str]] = ()
    cannot: ClassVar[Mapping[str, str]] = {}
    """What a scenario may need and this driver cannot do for real, with the reason."""
    in_frames: ClassVar[bool] = False
    """A tab may be a frame: the wire puts the script into its documents."""
    faults: ClassVar[Mapping[str, Callable[[TabFault[Any]], Awaitable[None]]]]
    """What it can do to a tab, by the name of the step."""

    def __init__(self, equipment: Equipment) -> None:
        self.recorder = equipment.recorder
        self.tabs: dict[str, T] = {}
        self.deaths: list[str] = []
        """Tabs that ended though no step had asked for it, in words."""
        self.scripts = equipment.scripts
        self._follower = equipment.follower
        self._messages: dict[str, TabMessages] = {}
        self._lives: dict[str, int] = {}  # of tabs that were closed: the next document is not the first

    # What each driver does its own way

    def attach(self, wire: Any) -> None:
        """The wire that the profiles' tabs are led through: it is there before they are."""

    @abstractmethod
    async def open_profile(self, place: Place) -> None: ...

    @abstractmethod
    async def load(self, name: str) -> T:
        """A new tab with the adapter page in it, not started yet."""

    @abstractmethod
    async def versions(self) -> dict[str, str]: ...

    @abstractmethod
    async def close(self) -> None: ...

    async def thaw(self, tab: T) -> None:
        raise self.refusal("freeze")

    async def show(self, tab: T) -> None:
        raise self.refusal("hide")

    # Tabs

    def tab(self, name: str) -> T:
        tab = self.tabs.get(name)
        if tab is None:
            raise DriverError(f"{name} is not open")
        return tab

    def any_tab_of(self, profile: str) -> T:
        for name, tab in self.tabs.items():
            if name.startswith(f"{profile}/"):
                return tab
        raise DriverError(f"{profile} has no open tab, and its storage is reached through one")

    def came(self, tab: T) -> None:
        """It is loaded, and one of the run's from here on."""
        tab.life = self._lives.get(tab.name, tab.life)
        self.tabs[tab.name] = tab
        self.answers(tab)

    def forget(self, tab: T) -> None:
        self.silent(tab)
        self._lives[tab.name] = tab.life
        self.tabs.pop(tab.name, None)

    def answers(self, tab: T) -> None:
        if self._follower is not None:
            self._follower.answers(tab)

    def silent(self, tab: T) -> None:
        if self._follower is not None:
            self._follower.silent(tab)

    def messages_of(self, profile: str) -> TabMessages:
        return self._messages.setdefault(profile, TabMessages(profile))

    async def look(self) -> dict[str, dict[str, Any]]:
        """What every tab with an adapter shows."""
        return {name: await tab.look() for name, tab in list(self.tabs.items()) if tab.caps is not None}

    # Faults

    def refusal(self, what: str) -> DriverError:
        why = self.cannot.get(what, "it is not something that is done to a tab")
        return DriverError(f"the driver {self.name} cannot {what}: {why}")

    async def strike(self, do: str, fault: str, keys: Mapping[str, Any]) -> None:
        """Do the tab fault `do` under the id `fault`; `keys` are those of the step."""
        act = self.faults.get(do)
        if act is None:
            raise self.refusal(do)
        tab = self.any_tab_of(keys["profile"]) if "profile" in keys else self.tab(keys["tab"])
        self.recorder.write(DRIVER, Fault(fault, {"do": do, **keys}))
        await act(TabFault(self, self.recorder, fault, tab, keys))

    def life(self, tab: T, did: Any) -> None:
        self.recorder.write(DRIVER, TabLife(tab.name, did))


MakeDriver = Callable[[Equipment], "Driver[Any]"]
