"""The agent at the parameter port of a layer with runtime weights."""

from fcgen.simulation.engines.clockwork import Clockwork
from fcgen.simulation.engines.streaming import ParameterUpdate


class Updater:
    """Holds the layer in the middle of a stream, writes and reads back parameters, lets it go on.

    Before that, it tries some writes that the layer has to refuse.

    Parameters
    ----------
    clockwork : Clockwork
    update : ParameterUpdate
    """

    def __init__(self, clockwork: Clockwork, update: ParameterUpdate) -> None:
        self.clockwork, self.update = clockwork, update
        self.phase = "waiting"
        self.begun_before = 0
        self.read_back: list[int] = []
        self._writes = [(int(address), int(data)) for address, data in update.writes]
        self._reads = [int(address) for address in update.reads]
        self._refused_next = False
        self._access = 0

    @property
    def over(self) -> bool:
        """Whether all is done."""
        return self.phase == "over"

    @property
    def busy(self) -> bool:
        """Whether accesses are under way."""
        return self.phase in ("writing", "reading")

    def drive(self, begun: int) -> None:
        """Ask for what comes next; ``begun`` vectors have begun."""
        put = self.clockwork.pins.put
        if self.phase == "waiting" and begun >= self.update.after:
            self.phase, self._access = "holding", 0
        put("parameter_hold", int(self.phase in ("holding", "writing", "reading")))
        poke = self.phase == "waiting" and self._access < self.update.refusals
        write = poke or (self.phase == "writing" and self._access < len(self._writes))
        read = self.phase == "reading" and self._access < len(self._reads)
        put("parameter_write", int(write))
        put("parameter_read", int(read))
        if poke:
            put("parameter_address", self._writes[0][0])
            put("parameter_write_data", self._writes[0][1])
        elif write:
            put("parameter_address", self._writes[self._access][0])
            put("parameter_write_data", self._writes[self._access][1])
        elif read:
            put("parameter_address", self._reads[self._access])
        self._asked = write or read

    def sample(self, begun: int) -> None:
        """Check the answers and go on to the next phase."""
        clockwork = self.clockwork
        refused, held = clockwork.get("parameter_refused"), clockwork.get("parameter_held")
        if bool(refused) != self._refused_next:
            what = "was refused" if refused else "was not refused"
            raise clockwork.fault(f"a parameter access {what}")
        self._refused_next = self._asked and not held
        self._access += self._asked
        if clockwork.get("parameter_read_valid"):
            self.read_back.append(clockwork.get("parameter_read_data"))
        if len(self.read_back) > self._access * (self.phase in ("reading", "over")):
            raise clockwork.fault("more parameters came back than were asked for")
        if self.phase == "holding" and held:
            self.begun_before, self.phase, self._access = begun, "writing", 0
        elif self.phase == "writing" and self._access == len(self._writes):
            self.phase, self._access = "reading", 0
        elif self.phase == "reading" and len(self.read_back) == len(self._reads):
            self.phase = "over"
