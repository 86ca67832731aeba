"""Decodes a journal's dump, written from docs/journal-format.md alone.

Nothing here knows of the program that wrote it.
"""

import struct

# --- Bytes -------------------------------------------------------------------

CRC_TABLE = []
for n in range(256):
    c = n
    for _ in range(8):
        c = (c >> 1) ^ (0x82F63B78 if c & 1 else 0)
    CRC_TABLE.append(c)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc = CRC_TABLE[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


class Damage(Exception):
    pass


# --- Messages ----------------------------------------------------------------
# A schema maps field numbers to (name, kind). A kind is uint, bool, sint,
# bytes, repeated_bytes, double, fixed64, packed_sint, (schema,) for a message that repeats or
# a schema for one that does not.

PRESENCE = {1: ("state", "uint"), 2: ("reason", "uint")}
TERM = {1: ("skill", "bytes"), 2: ("level_min", "sint")}
ATTRIBUTE = {1: ("key", "bytes"), 2: ("value", "bytes")}
QUEUE = {
    1: ("name", "bytes"), 2: ("channels", "uint"), 3: ("all_of", (TERM,)),
    4: ("answered_fraction", "double"), 5: ("threshold_ms", "sint"),
    6: ("offer_timeout_ms", "sint"), 7: ("wrap_up_ms", "sint"),
    8: ("decline_retry_ms", "sint"), 9: ("wait_limit_ms", "sint"),
    10: ("handling_lease_ms", "sint"),
    11: ("short_abandon_threshold_ms", "sint"),
    12: ("priority_credit_ms", "packed_sint"), 13: ("fit_rule", "uint"),
    14: ("agent_order", "uint"),
}
DETAIL = {
    1: ("id", "bytes"), 2: ("queue_name", "bytes"), 3: ("channel", "uint"),
    4: ("priority", "sint"), 5: ("all_of", (TERM,)),
    6: ("attributes", (ATTRIBUTE,)), 7: ("queue", QUEUE),
    8: ("fingerprint_0", "fixed64"), 9: ("fingerprint_1", "fixed64"),
    10: ("rank_key_ms", "sint"), 11: ("arrival_sequence", "uint"),
    12: ("segment", "bytes"), 13: ("ranked", "bool"),
}
RANK = {1: ("queues", "repeated_bytes")}
CONFIGURATION = {
    1: ("name", "bytes"),
    2: ("skills", ({1: ("name", "bytes"), 2: ("description", "bytes")},)),
    3: ("routing_profiles", ({1: ("name", "bytes"), 2: ("channels", "uint"),
                              3: ("queue_order", (RANK,))},)),
    4: ("agents", ({1: ("id", "bytes"), 2: ("grade", "uint"),
                    3: ("routing_profile", "bytes"),
                    4: ("skills", ({1: ("skill", "bytes"),
                                    2: ("level", "sint")},))},)),
    5: ("queues", (QUEUE,)), 6: ("contact_choice", "uint"),
    7: ("segments", ({1: ("name", "bytes"), 2: ("credit_ms", "sint")},)),
}
FIGURES = {
    1: ("contacts", "uint"), 2: ("offered", "bool"),
    3: ("last_offered_ms", "sint"), 4: ("busy_since_ms", "sint"),
    5: ("occupied_ms", "sint"), 6: ("piece", "sint"),
    7: ("busy_ms", "packed_sint"),
}
EVENT = {
    1: ("sequence", "uint"), 2: ("type", "uint"), 3: ("at_ms", "sint"),
    4: ("configuration_version", "uint"), 5: ("contact_id", "bytes"),
    6: ("contact_version", "uint"), 7: ("contact_state", "uint"),
    8: ("end_reason", "uint"), 9: ("queue", "bytes"),
    10: ("channel", "uint"), 11: ("priority", "uint"),
    12: ("arrival_ms", "sint"), 13: ("rank_key_ms", "sint"),
    14: ("arrival_sequence", "uint"), 15: ("agent_id", "bytes"),
    16: ("agent_version", "uint"), 17: ("presence", PRESENCE),
    18: ("presence_pending", "bool"), 19: ("pending", PRESENCE),
    20: ("work_state", "uint"), 21: ("no_answer_channels", "uint"),
    22: ("idle_since_ms", "sint"), 23: ("idle_before_pause_ms", "sint"),
    24: ("attempt", "uint"), 25: ("offer_expires_ms", "sint"),
    26: ("decline_until_ms", "sint"), 27: ("wrap_up_ends_ms", "sint"),
    28: ("lane", "uint"), 29: ("requirement_class", "uint"),
    30: ("profile_class", "uint"), 31: ("fit_step", "uint"),
    32: ("began_after_sequence", "uint"), 33: ("at_once", "bool"),
    34: ("contact_detail", DETAIL), 35: ("configuration", CONFIGURATION),
}
LIVE = {
    "c": {1: ("arrival_ms", "sint"), 2: ("version", "uint"),
          3: ("state", "uint"), 4: ("at_once", "bool"),
          5: ("placed", "bool"), 6: ("rank_key_ms", "sint"),
          7: ("arrival_sequence", "uint"), 8: ("agent_id", "bytes"),
          9: ("attempt", "uint"), 10: ("fit_step", "uint"),
          11: ("idle_since_ms", "sint"), 12: ("offer_expires_ms", "sint"),
          13: ("accepted_ms", "sint"),
          14: ("declines", ({1: ("agent_id", "bytes"),
                             2: ("until_ms", "sint")},))},
    "d": DETAIL,
    "a": {1: ("version", "uint"), 2: ("presence", PRESENCE),
          3: ("presence_pending", "bool"), 4: ("pending", PRESENCE),
          5: ("work_state", "uint"), 6: ("no_answer_channels", "uint"),
          7: ("idle_since_ms", "sint"), 8: ("idle_before_pause_ms", "sint"),
          9: ("wrap_up_ends_ms", "sint"), 10: ("contact_id", "bytes"),
          11: ("attempt", "uint"),
          12: ("presence_configuration_version", "uint"),
          13: ("figures", FIGURES)},
    "q": {1: ("offered_total", "uint"), 2: ("answered_total", "uint"),
          3: ("abandoned_total", "uint")},
    "e": {1: ("fingerprint_0", "fixed64"), 2: ("fingerprint_1", "fixed64"),
          3: ("queue", "bytes"), 4: ("channel", "uint"),
          5: ("priority", "uint"), 6: ("end_reason", "uint"),
          7: ("version", "uint"), 8: ("arrival_ms", "sint"),
          9: ("rank_key_ms", "sint"), 10: ("ended_ms", "sint"),
          11: ("at_once", "bool")},
    "f": CONFIGURATION,
    "m": {1: ("format_version", "uint"), 2: ("partition", "uint"),
          3: ("epoch", "uint"), 4: ("time_scaled", "bool"),
          5: ("first_sequence", "uint"), 6: ("last_sequence", "uint"),
          7: ("last_at_ms", "sint"), 8: ("arrival_sequence", "uint"),
          9: ("configuration_version", "uint"), 10: ("head", "bytes"),
          11: ("contacts", "uint"), 12: ("agents", "uint"),
          13: ("queues", "uint"), 14: ("ended", "uint"),
          15: ("boot_id", "bytes"), 16: ("boot_clock_ms", "sint"),
          17: ("clock_at_ms", "sint")},
}
DEFAULTS = {"uint": 0, "bool": False, "sint": 0, "bytes": b"", "double": 0.0,
            "fixed64": 0}


def varint(data, at):
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise Damage("a varint ends nowhere")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            if byte == 0 and shift:
                raise Damage("a varint has a byte too many")
            return value, at
        shift += 7


def zigzag(n):
    return (n >> 1) ^ -(n & 1)


def empty(schema):
    message = {}
    for name, kind in schema.values():
        if isinstance(kind, tuple) or kind in ("packed_sint", "repeated_bytes"):
            message[name] = []
        elif isinstance(kind, dict):
            message[name] = empty(PRESENCE) if kind is PRESENCE else None
        else:
            message[name] = DEFAULTS[kind]
    return message


def value_of(kind, wire, raw):
    if kind in ("uint", "bool", "sint") and wire == 0:
        value = {"uint": raw, "bool": bool(raw), "sint": zigzag(raw)}[kind]
        if kind == "bool" and raw > 1:
            raise Damage("a bool is neither 0 nor 1")
        return value
    if kind == "double" and wire == 1:
        return struct.unpack("<d", raw)[0]
    if kind == "fixed64" and wire == 1:
        return struct.unpack("<Q", raw)[0]
    if kind in ("bytes", "repeated_bytes") and wire == 2:
        return raw
    if kind == "packed_sint" and wire == 2:
        values, at = [], 0
        while at < len(raw):
            value, at = varint(raw, at)
            values.append(zigzag(value))
        return values
    if isinstance(kind, (dict, tuple)) and wire == 2:
        return decode(kind if isinstance(kind, dict) else kind[0], raw)
    raise Damage(f"wire type {wire} is wrong for {kind}")


def decode(schema, data):
    message, at, before = empty(schema), 0, 0
    while at < len(data):
        key, at = varint(data, at)
        number, wire = key >> 3, key & 7
        if number not in schema:
            raise Damage(f"field {number} is not known")
        name, kind = schema[number]
        repeats = isinstance(kind, tuple) or kind == "repeated_bytes"
        if number < before or (number == before and not repeats):
            raise Damage(f"field {number} comes after field {before}")
        before = number
        if wire == 0:
            raw, at = varint(data, at)
        else:
            size = 8
            if wire == 2:
                size, at = varint(data, at)
            elif wire != 1:
                raise Damage(f"wire type {wire} is not used")
            raw = data[at:at + size]
            if len(raw) != size:
                raise Damage(f"field {name} ends behind the message")
            at += size
        value = value_of(kind, wire, raw)
        if repeats:
            message[name].append(value)
        elif not isinstance(kind, dict) and value in (0, b"", False):
            # Minus zero is written, being no default.
            if kind != "double" or raw == bytes(8):
                raise Damage(f"field {name} says its default")
        else:
            message[name] = value
    return message


# --- Records -----------------------------------------------------------------

HEADER = struct.Struct(">4sIIHHIQQQqQI32s")


def read_record(data):
    if len(data) < HEADER.size:
        raise Damage(f"byte {len(data)}: ends inside the header")
    (magic, length, crc, version, flags, partition, epoch, first, last,
     last_at_ms, id_retention_ms, ended_ids_max, previous) = HEADER.unpack(
         data[:HEADER.size])
    if magic != b"RLJR":
        raise Damage("byte 0: no record")
    if length != len(data):
        raise Damage(f"byte 4: length {length} of {len(data)} bytes")
    if crc != crc32c(data[12:]):
        raise Damage("byte 8: crc32c is wrong")
    if version != 1:
        raise Damage(f"byte 12: version {version} is not known")
    if flags & ~1:
        raise Damage(f"byte 14: flags {flags} are not known")
    if not 1 <= first <= last < first + 1024:
        raise Damage(f"byte 28: events {first} to {last}")
    events, at = [], HEADER.size
    while at < length:
        size = int.from_bytes(data[at:at + 4], "big")
        body = data[at + 4:at + 4 + size]
        if length - at < 4 or len(body) != size:
            raise Damage(f"byte {at}: an event ends behind the record")
        try:
            events.append(decode(EVENT, body))
        except Damage as damage:
            raise Damage(f"byte {at}: {damage}") from None
        at += 4 + size
    if [e["sequence"] for e in events] != list(range(first, last + 1)):
        raise Damage("byte 96: the events are not those of the header")
    return {"partition": partition, "epoch": epoch, "first": first,
            "last": last, "last_at_ms": last_at_ms, "flags": flags,
            "id_retention_ms": id_retention_ms,
            "ended_ids_max": ended_ids_max, "previous": previous,
            "events": events}


def read_dump(data):
    """(records by key, live records by key, text of the side file)"""
    if data[:6] != b"RLJD\x00\x01":
        raise Damage("byte 0: no dump of version 1")
    records, live, side, at = {}, {}, b"", 6

    def take(size):
        nonlocal at
        if at + size > len(data):
            raise Damage(f"byte {at}: the dump ends too early")
        at += size
        return data[at - size:at]

    def sized():
        return take(int.from_bytes(take(4), "big"))

    while True:
        letter = take(1)
        if letter == b"R":
            key = int.from_bytes(take(8), "big")
            records[key] = sized()
        elif letter == b"L":
            key = sized()
            live[key] = sized()
        elif letter == b"S":
            side = sized()
        elif letter == b"Z":
            if at != len(data):
                raise Damage(f"byte {at}: something follows the end")
            return records, live, side
        else:
            raise Damage(f"byte {at - 1}: {letter!r} is no entry")


def acknowledged_of(side):
    """The sequence in the text of `committed`, 0 if it is no such text."""
    parts = side.decode("ascii", "replace").split(" ")
    if len(parts) != 5 or parts[:2] != ["relais-committed", "1"]:
        return 0
    body = " ".join(parts[:4])
    if parts[4] != f"{crc32c(body.encode('ascii', 'replace')):08x}\n":
        return 0
    return int(parts[3])
