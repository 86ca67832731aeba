"""Makes small journals, sound or doctored, from docs/journal-format.md."""

import hashlib
import json
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent /
                       "journal"))
from journal_format import (  # noqa: E402
    CONFIGURATION, EVENT, FORMAT_VERSION, HEADER, LIVE, PROFILE, QUEUE, crc32c,
    empty)

NOW_MS = 1_800_000_000_000
RETENTION_MS = 20_000
AVAILABLE = {"state": 1, "reason": 0, "back_at_ms": 0}


def varint(n):
    out = bytearray()
    while n > 0x7F:
        out.append(n & 0x7F | 0x80)
        n >>= 7
    out.append(n)
    return bytes(out)


def sized(data):
    return varint(len(data)) + data


def encode_value(kind, value):
    """(wire type, bytes)"""
    if kind in ("uint", "bool"):
        return 0, varint(int(value))
    if kind == "sint":
        return 0, varint((value << 1) ^ (value >> 63))
    if kind == "double":
        return 1, struct.pack("<d", value)
    if kind == "fixed64":
        return 1, struct.pack("<Q", value)
    if kind == "packed_sint":
        return 2, sized(b"".join(encode_value("sint", v)[1] for v in value))
    if kind == "packed_uint":
        return 2, sized(b"".join(map(varint, value)))
    if kind == "bytes":
        return 2, sized(value)
    return 2, sized(encode(kind, value))


def encode(schema, message):
    out = b""
    for number, (name, kind) in sorted(schema.items()):
        value = message[name]
        # A message within another is left out when it is empty, as in
        # presence, whose default stands for itself.
        if value in (0, False, b"", [], None, {"state": 0, "reason": 0, "back_at_ms": 0}):
            continue
        repeated = isinstance(kind, tuple)
        for one in value if repeated else [value]:
            wire, data = encode_value(kind[0] if repeated else kind, one)
            out += varint(number << 3 | wire) + data
    return out


def record(events, previous, last_at_ms, epoch=1):
    body = b"".join(len(e).to_bytes(4, "big") + e
                    for e in (encode(EVENT, event) for event in events))
    head = HEADER.pack(b"RLJR", HEADER.size + len(body), 0,
                       FORMAT_VERSION, 0, 0, epoch,
                       events[0]["sequence"], events[-1]["sequence"],
                       last_at_ms, RETENTION_MS, 1000, previous)
    data = bytearray(head + body)
    data[8:12] = crc32c(bytes(data[12:])).to_bytes(4, "big")
    return bytes(data)


def records(events):
    """One record an event, sealed and chained, whatever they say."""
    result, previous, last_at_ms = {}, bytes(32), 0
    for event in events:
        last_at_ms = max(last_at_ms, event["at_ms"])
        data = record([event], previous, last_at_ms)
        result[event["sequence"]] = data
        previous = hashlib.sha256(data).digest()
    return result


def seal(key, message):
    return crc32c(key + message).to_bytes(4, "big") + message


def live(replay, last_record):
    """The live records of a state, sealed."""
    result = {}
    for (letter, name), value in replay.live().items():
        key = letter.encode() + name
        result[key] = seal(key, encode(LIVE[letter], value))
    meta = empty(LIVE["m"])
    meta.update(
        format_version=FORMAT_VERSION, epoch=1, first_sequence=1,
        last_sequence=replay.sequence, last_at_ms=replay.last_at_ms,
        arrival_sequence=replay.arrival_sequence,
        configuration_version=replay.configuration_version,
        applied_configuration_version=replay.applied_configuration_version,
        head=hashlib.sha256(last_record).digest(),
        contacts=len(replay.contacts), agents=len(replay.agents),
        queues=len(replay.queues), ended=len(replay.ended))
    result[b"m"] = seal(b"m", encode(LIVE["m"], meta))
    return result


def side(sequence):
    body = f"relais-committed 1 0 {sequence}"
    return f"{body} {crc32c(body.encode()):08x}\n".encode()


def profile(name, capacity_units, chat_max=0):
    """Voice takes 60, everything else 30."""
    one = empty(PROFILE)
    one.update(name=name, channels=0xFF, capacity_units=capacity_units,
               cost_units=[60] + [30] * 7,
               contacts_max=[0, 0, chat_max] + [0] * 5)
    return one


class Story:
    """Events of a small centre, one method a type; versions count on. Anna has
    100 units, bela 70 and at most one chat."""

    def __init__(self):
        self.events = []
        self.configuration_version = 0
        self.contact_versions, self.agent_versions = {}, {}
        self.channels = {}  # by contact
        self.held = {}  # agent -> [[contact, attempt, work state]]

    def event(self, kind, **fields):
        event = empty(EVENT)
        event.update(sequence=len(self.events) + 1, type=kind,
                     at_ms=NOW_MS + 100 * len(self.events),
                     configuration_version=self.configuration_version)
        event.update(fields)
        contact, agent = event["contact_id"], event["agent_id"]
        if contact and kind != 10:  # what has ended keeps its version
            version = self.contact_versions.get(contact, 0) + 1
            self.contact_versions[contact] = version
            event.update(contact_version=version, queue=b"accounts",
                         arrival_ms=NOW_MS)
        if agent:
            version = self.agent_versions.get(agent, 0) + 1
            self.agent_versions[agent] = version
            event["agent_version"] = version
            event["presence"] = dict(AVAILABLE)
        self.events.append(event)
        return event

    def configured(self, anna=100, bela=70, bela_chat_max=1):
        version = 1 + sum(event["type"] == 1 for event in self.events)
        queue = empty(QUEUE)
        queue.update(name=b"accounts", channels=0xFF, wrap_up_ms=60_000)
        configuration = empty(CONFIGURATION)
        configuration.update(
            routing_profiles=[profile(b"full", anna),
                              profile(b"part", bela, bela_chat_max)],
            queues=[queue])
        for agent, name in ((b"anna", b"full"), (b"bela", b"part")):
            one = empty(CONFIGURATION[4][1][0])
            one.update(id=agent, routing_profile=name)
            configuration["agents"].append(one)
        self.event(1, configuration=configuration)
        self.configuration_version = version
        self.events[-1]["configuration_version"] = version

    def work(self, agent, **more):
        """What an event says of the agent's work after it."""
        states = [state for _, _, state in self.held.get(agent, ())]
        state = next((s for s in (2, 3, 1) if s in states), 0)
        return {"agent_id": agent, "work_state": state, **more}

    def change(self, agent, contact, attempt, state):
        """The agent's contact becomes that; 0: it goes."""
        held = self.held.setdefault(agent, [])
        held[:] = [one for one in held if one[:2] != [contact, attempt]]
        if state:
            held.append([contact, attempt, state])

    def reservation(self, contact, attempt):
        channel = self.channels.get(contact, 0)
        return {"contact_id": contact, "attempt": attempt,
                "channel": channel, "units": 30 if channel else 60}

    def signed_in(self, agent):
        self.event(9, **self.work(agent, idle_since_ms=NOW_MS))

    def submitted(self, contact, channel=0):
        self.contact_versions.pop(contact, None)
        self.channels[contact] = channel
        detail = empty(EVENT[34][1])
        detail.update(id=contact, queue_name=b"accounts", channel=channel,
                      arrival_sequence=1)
        detail["queue"] = empty(QUEUE)
        detail["queue"].update(name=b"accounts", wrap_up_ms=60_000)
        detail["attributes"] = [{"key": b"caller", "value": b"+33"}]
        self.event(2, contact_id=contact, contact_detail=detail,
                   channel=channel, arrival_sequence=1)

    def created(self, contact, agent):
        attempt = self.contact_versions.get(contact, 0) + 1
        self.change(agent, contact, attempt, 1)
        self.event(4, contact_state=1, idle_since_ms=NOW_MS,
                   offer_expires_ms=NOW_MS + 9_000,
                   **self.reservation(contact, attempt), **self.work(agent))

    def accepted(self, contact, agent, attempt):
        self.change(agent, contact, attempt, 2)
        self.event(5, contact_state=2, **self.reservation(contact, attempt),
                   **self.work(agent))

    def completed(self, contact, agent, attempt):
        self.change(agent, contact, attempt, 3)
        self.event(3, contact_state=3, end_reason=1,
                   wrap_up_ends_ms=NOW_MS + 100 * len(self.events) + 60_000,
                   **self.reservation(contact, attempt), **self.work(agent))

    def wrap_up_ended(self, contact, agent, attempt):
        self.change(agent, contact, attempt, 0)
        self.event(10, contact_state=3, idle_since_ms=NOW_MS + 1,
                   **self.reservation(contact, attempt), **self.work(agent))


def answered(n, call, ask, answer, life=1):
    """The two lines of a call that was acknowledged."""
    return [json.dumps({"n": n, "life": life, "call": call, "ask": ask}),
            json.dumps({"of": n, "life": life, "answer": answer})]
