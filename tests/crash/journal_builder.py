"""Makes small journals, sound or doctored, from docs/journal-format.md."""

import hashlib
import json
import pathlib
import struct
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent /
                       "journal"))
from journal_format import (  # noqa: E402
    EVENT, HEADER, LIVE, QUEUE, crc32c, empty)

NOW_MS = 1_800_000_000_000
RETENTION_MS = 20_000
AVAILABLE = {"state": 1, "reason": 0}


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
    if kind == "bytes":
        return 2, sized(value)
    return 2, sized(encode(kind, value))


def encode(schema, message):
    out = b""
    for number, (name, kind) in sorted(schema.items()):
        value = message[name]
        # A message within another is left out when it is empty, as in
        # presence, whose default stands for itself.
        if value in (0, False, b"", [], None, {"state": 0, "reason": 0}):
            continue
        repeated = isinstance(kind, tuple)
        for one in value if repeated else [value]:
            wire, data = encode_value(kind[0] if repeated else kind, one)
            out += varint(number << 3 | wire) + data
    return out


def record(events, previous, last_at_ms, epoch=1):
    body = b"".join(len(e).to_bytes(4, "big") + e
                    for e in (encode(EVENT, event) for event in events))
    head = HEADER.pack(b"RLJR", HEADER.size + len(body), 0, 1, 0, 0, epoch,
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
        format_version=1, epoch=1, first_sequence=1,
        last_sequence=replay.sequence, last_at_ms=replay.last_at_ms,
        arrival_sequence=replay.arrival_sequence,
        configuration_version=replay.configuration_version,
        head=hashlib.sha256(last_record).digest(),
        contacts=len(replay.contacts), agents=len(replay.agents),
        queues=len(replay.queues), ended=len(replay.ended))
    result[b"m"] = seal(b"m", encode(LIVE["m"], meta))
    return result


def side(sequence):
    body = f"relais-committed 1 0 {sequence}"
    return f"{body} {crc32c(body.encode()):08x}\n".encode()


class Story:
    """Events of a small centre, one method a type; versions count on."""

    def __init__(self):
        self.events = []
        self.contact_versions, self.agent_versions = {}, {}

    def event(self, kind, **fields):
        event = empty(EVENT)
        event.update(sequence=len(self.events) + 1, type=kind,
                     at_ms=NOW_MS + 100 * len(self.events),
                     configuration_version=1)
        event.update(fields)
        contact, agent = event["contact_id"], event["agent_id"]
        if contact:
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

    def configured(self):
        queue = empty(QUEUE)
        queue.update(name=b"accounts", channels=1)
        self.event(1, configuration={
            "name": b"", "skills": [], "routing_profiles": [], "agents": [],
            "queues": [queue]})

    def signed_in(self, agent):
        self.event(9, agent_id=agent, idle_since_ms=NOW_MS)

    def submitted(self, contact):
        self.contact_versions.pop(contact, None)
        detail = empty(EVENT[34][1])
        detail.update(id=contact, queue_name=b"accounts", arrival_sequence=1)
        detail["queue"] = empty(QUEUE)
        detail["queue"]["name"] = b"accounts"
        detail["attributes"] = [{"key": b"caller", "value": b"+33"}]
        self.event(2, contact_id=contact, contact_detail=detail,
                   arrival_sequence=1)

    def created(self, contact, agent):
        event = self.event(4, contact_id=contact, agent_id=agent,
                           contact_state=1, work_state=1,
                           idle_since_ms=NOW_MS,
                           offer_expires_ms=NOW_MS + 9_000)
        event["attempt"] = event["contact_version"]

    def accepted(self, contact, agent, attempt):
        self.event(5, contact_id=contact, agent_id=agent, contact_state=2,
                   work_state=2, attempt=attempt)

    def completed(self, contact, agent, attempt):
        self.event(3, contact_id=contact, agent_id=agent, contact_state=3,
                   end_reason=1, work_state=3, attempt=attempt,
                   wrap_up_ends_ms=NOW_MS + 60_000)

    def wrap_up_ended(self, agent):
        self.event(10, agent_id=agent, idle_since_ms=NOW_MS + 1)


def answered(n, call, ask, answer, life=1):
    """The two lines of a call that was acknowledged."""
    return [json.dumps({"n": n, "life": life, "call": call, "ask": ask}),
            json.dumps({"of": n, "life": life, "answer": answer})]
