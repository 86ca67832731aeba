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
# bytes, double, fixed64, packed_sint, packed_uint, (kind,) for one that repeats,
# or a schema for a message. Those with _1 are of version 1; what is read of it
# is given as a message of the present version.

FORMAT_VERSION = 2
CAPACITY_UNITS = 100
HELD_UNITS = 200
CONTACTS_PER_AGENT = 25
CHANNELS = 8

PRESENCE = {1: ("state", "uint"), 2: ("reason", "uint"),
            3: ("back_at_ms", "sint")}
TERM = {1: ("skill", "bytes"), 2: ("level_min", "sint"),
        3: ("level_max_below_10", "sint"), 4: ("certification", "bytes"),
        5: ("language", "bytes"), 6: ("team", "bytes"), 7: ("site", "bytes"),
        8: ("provider", "bool"), 9: ("grades", "uint")}
TERM[10] = ("requirement", {1: ("all_of", (TERM,)), 2: ("any_of", (TERM,)),
                            3: ("none_of", (TERM,))})
PREFERRED = {1: ("term", TERM), 2: ("weight", "sint")}
ATTRIBUTE = {1: ("key", "bytes"), 2: ("value", "bytes")}
RING = {1: ("widen_after_ms", "sint"),
        2: ("lower", ({1: ("skill", "bytes"), 2: ("by", "sint"),
                       3: ("to", "sint")},)),
        3: ("lower_all_by", "sint"), 4: ("drop_skills", ("bytes",)),
        5: ("teams", ("bytes",)), 6: ("sites", ("bytes",)),
        7: ("provider", "bool"), 8: ("anywhere", "bool"),
        9: ("raise_boost_ms", "sint"), 10: ("skip_if", "uint"), 11: ("queue", "bytes"),
        15: ("drain", "uint")}
PLAN = {1: ("name", "bytes"), 2: ("skip_first_if", "uint"),
        3: ("rings", (RING,)),
        4: ("curve", ({1: ("share_percent", "sint"),
                       2: ("reduction", "sint")},))}
QUEUE = {
    1: ("name", "bytes"), 2: ("channels", "uint"), 3: ("all_of", (TERM,)),
    4: ("answered_fraction", "double"), 5: ("threshold_ms", "sint"),
    6: ("offer_timeout_ms", "sint"), 7: ("wrap_up_ms", "sint"),
    8: ("decline_retry_ms", "sint"), 9: ("wait_limit_ms", "sint"),
    10: ("handling_lease_ms", "sint"),
    11: ("short_abandon_threshold_ms", "sint"),
    12: ("priority_credit_ms", "packed_sint"),
    13: ("any_of", (TERM,)), 14: ("none_of", (TERM,)),
    15: ("preferred", (PREFERRED,)), 16: ("activity", "bytes"),
    17: ("fit_rule", "uint"), 18: ("agent_order", "uint"),
    20: ("plan", "bytes"), 25: ("pull_only", "bool"),
    30: ("hold", {1: ("idle_ms", "sint"), 2: ("handling_ms", "sint"),
                  3: ("wrapping_up_ms", "sint"),
                  4: ("absent_until_ms", "sint")}),
    31: ("panel_max_share_percent", "sint"),
}
DETAIL = {
    1: ("id", "bytes"), 2: ("queue_name", "bytes"), 3: ("channel", "uint"),
    4: ("priority", "sint"), 5: ("all_of", (TERM,)),
    6: ("attributes", (ATTRIBUTE,)), 7: ("queue", QUEUE),
    8: ("fingerprint_0", "fixed64"), 9: ("fingerprint_1", "fixed64"),
    10: ("rank_key_ms", "sint"), 11: ("arrival_sequence", "uint"),
    12: ("any_of", (TERM,)), 13: ("none_of", (TERM,)),
    14: ("preferred", (PREFERRED,)), 15: ("tutor_may_listen", "bool"),
    16: ("segment", "bytes"), 17: ("ranked", "bool"),
    20: ("plan", PLAN), 21: ("ring", "uint"), 22: ("ring_queues", (QUEUE,)),
    30: ("preferred_agents", {1: ("agents", ("bytes",)), 2: ("source", "uint"),
                              3: ("reply_by_ms", "sint")}),
}
AGENT = {
    1: ("id", "bytes"), 2: ("grade", "uint"), 3: ("routing_profile", "bytes"),
    4: ("skills", ({1: ("skill", "bytes"), 2: ("level", "sint"),
                    3: ("in_training", "bool"), 4: ("tutor", "bytes")},)),
    5: ("certifications", ("bytes",)), 6: ("languages", ("bytes",)),
    7: ("team", "bytes"), 8: ("site", "bytes"),
}
PROFILE_1 = {1: ("name", "bytes"), 2: ("channels", "uint")}
PROFILE = {**PROFILE_1, 3: ("capacity_units", "uint"),
           4: ("cost_units", "packed_uint"),
           5: ("contacts_max", "packed_uint"), 6: ("load_order", "uint"),
           7: ("queue_order", ({1: ("queues", ("bytes",))},)),
           8: ("may_interrupt", "packed_uint")}
# What version 1 means without saying so: one contact at a time.
ONE_CONTACT = {"capacity_units": CAPACITY_UNITS,
               "cost_units": [CAPACITY_UNITS] * CHANNELS,
               "contacts_max": [0] * CHANNELS, "load_order": 0,
               "queue_order": [], "may_interrupt": []}
CONFIGURATION = {
    1: ("name", "bytes"),
    2: ("skills", ({1: ("name", "bytes"), 2: ("description", "bytes"),
                    3: ("implies", ({1: ("skill", "bytes"),
                                     2: ("level_max", "sint")},))},)),
    3: ("routing_profiles", (PROFILE,)),
    4: ("agents", (AGENT,)),
    5: ("queues", (QUEUE,)),
    6: ("certifications", ("bytes",)), 7: ("languages", ("bytes",)),
    8: ("sites", ({1: ("name", "bytes"), 2: ("provider", "bool")},)),
    9: ("teams", ({1: ("name", "bytes"), 2: ("site", "bytes")},)),
    10: ("grades", ({1: ("grade", "uint"), 2: ("default_level", "sint")},)),
    11: ("activities", ({1: ("name", "bytes"), 2: ("channels", "uint"),
                         3: ("all_of", (TERM,)), 4: ("any_of", (TERM,)),
                         5: ("none_of", (TERM,)),
                         6: ("preferred", (PREFERRED,))},)),
    12: ("contact_choice", "uint"),
    13: ("segments", ({1: ("name", "bytes"), 2: ("credit_ms", "sint")},)),
    20: ("bullseye_plans", (PLAN,)),
    21: ("reserves", ({1: ("name", "bytes"), 2: ("queue", "bytes"),
                       3: ("channel", "uint"), 4: ("keep", "sint"),
                       5: ("resume", "sint"), 6: ("holds_back", "uint")},)),
}
FIGURES = {
    1: ("contacts", "uint"), 2: ("offered", "bool"),
    3: ("last_offered_ms", "sint"), 4: ("occupied_since_ms", "sint"),
    5: ("occupied_ms", "sint"), 6: ("piece", "sint"),
    7: ("pieces_ms", "packed_sint"),
}
PANEL = {1: ("piece", "sint"), 2: ("pieces", "packed_sint")}
CONFIGURATION_1 = {**CONFIGURATION, 3: ("routing_profiles", (PROFILE_1,))}
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
    36: ("tutor_id", "bytes"), 37: ("units", "uint"),
    38: ("agent_configuration", AGENT),
    40: ("ring", "uint"), 45: ("pulled", "bool"),
    50: ("held_for", "bytes"),
    51: ("held_until_ms", "sint"), 52: ("over_share", "bool"),
}
EVENT_1 = {number: field for number, field in EVENT.items() if number < 36}
EVENT_1[35] = ("configuration", CONFIGURATION_1)
HELD = {1: ("contact_id", "bytes"), 2: ("channel", "uint"),
        3: ("state", "uint"), 4: ("attempt", "uint"), 5: ("units", "uint"),
        6: ("wrap_up_ends_ms", "sint"), 7: ("interrupted", "bool")}
LIVE = {
    "c": {1: ("arrival_ms", "sint"), 2: ("version", "uint"),
          3: ("state", "uint"), 4: ("at_once", "bool"),
          5: ("placed", "bool"), 6: ("rank_key_ms", "sint"),
          7: ("arrival_sequence", "uint"), 8: ("agent_id", "bytes"),
          9: ("attempt", "uint"), 10: ("fit_step", "uint"),
          11: ("idle_since_ms", "sint"), 12: ("offer_expires_ms", "sint"),
          13: ("accepted_ms", "sint"),
          14: ("declines", ({1: ("agent_id", "bytes"),
                             2: ("until_ms", "sint")},)),
          15: ("tutor_id", "bytes"), 20: ("ring", "uint"),
          30: ("held_for", "bytes"), 31: ("held_since_ms", "sint"),
          32: ("held_until_ms", "sint"), 33: ("over_share", "bool")},
    "d": DETAIL,
    "a": {1: ("version", "uint"), 2: ("presence", PRESENCE),
          3: ("presence_pending", "bool"), 4: ("pending", PRESENCE),
          6: ("no_answer_channels", "uint"), 7: ("idle_since_ms", "sint"),
          8: ("idle_before_pause_ms", "sint"),
          12: ("presence_configuration_version", "uint"),
          13: ("held", (HELD,)), 14: ("figures", FIGURES),
          30: ("last_listed", CONFIGURATION), 31: ("panel", PANEL)},
    "q": {1: ("offered_total", "uint"), 2: ("answered_total", "uint"),
          3: ("abandoned_total", "uint")},
    "e": {1: ("fingerprint_0", "fixed64"), 2: ("fingerprint_1", "fixed64"),
          3: ("queue", "bytes"), 4: ("channel", "uint"),
          5: ("priority", "uint"), 6: ("end_reason", "uint"),
          7: ("version", "uint"), 8: ("arrival_ms", "sint"),
          9: ("rank_key_ms", "sint"), 10: ("ended_ms", "sint"),
          11: ("at_once", "bool"), 20: ("ring", "uint")},
    "f": CONFIGURATION,
    "m": {1: ("format_version", "uint"), 2: ("partition", "uint"),
          3: ("epoch", "uint"), 4: ("time_scaled", "bool"),
          5: ("first_sequence", "uint"), 6: ("last_sequence", "uint"),
          7: ("last_at_ms", "sint"), 8: ("arrival_sequence", "uint"),
          9: ("configuration_version", "uint"), 10: ("head", "bytes"),
          11: ("contacts", "uint"), 12: ("agents", "uint"),
          13: ("queues", "uint"), 14: ("ended", "uint"),
          15: ("boot_id", "bytes"), 16: ("boot_clock_ms", "sint"),
          17: ("clock_at_ms", "sint"),
          18: ("applied_configuration_version", "uint")},
}
LIVE_1 = {**LIVE, "f": CONFIGURATION_1, "a": {
    **{number: field for number, field in LIVE["a"].items() if number < 13},
    5: ("work_state", "uint"), 9: ("wrap_up_ends_ms", "sint"),
    10: ("contact_id", "bytes"), 11: ("attempt", "uint")}}
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
        if isinstance(kind, tuple) or kind in ("packed_sint", "packed_uint"):
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
    if kind == "bytes" and wire == 2:
        return raw
    if kind in ("packed_sint", "packed_uint") and wire == 2:
        values, at = [], 0
        while at < len(raw):
            value, at = varint(raw, at)
            values.append(zigzag(value) if kind == "packed_sint" else value)
        return values
    if isinstance(kind, (dict, tuple)) and wire == 2:
        kind = kind if isinstance(kind, dict) else kind[0]
        return raw if kind == "bytes" else decode(kind, raw)
    raise Damage(f"wire type {wire} is wrong for {kind}")


def decode(schema, data):
    message, at, before = empty(schema), 0, 0
    while at < len(data):
        key, at = varint(data, at)
        number, wire = key >> 3, key & 7
        if number not in schema:
            raise Damage(f"field {number} is not known")
        name, kind = schema[number]
        repeats = isinstance(kind, tuple)
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


def present_configuration(message):
    """What a configuration of version 1 means."""
    for profile in message["routing_profiles"]:
        profile.update({name: list(value) if isinstance(value, list) else value
                        for name, value in ONE_CONTACT.items()})
    return message


def present_agent(message):
    """What an agent of version 1 means: it held at most one contact."""
    held = {name: message.pop(name)
            for name in ("contact_id", "attempt", "wrap_up_ends_ms")}
    state = message.pop("work_state")
    held.update(channel=0, state=state, units=CAPACITY_UNITS,
                interrupted=False)
    message["held"] = [held] if state else []
    message["figures"] = message["last_listed"] = message["panel"] = None
    return message


def decode_event(version, data):
    if version > 1:
        return decode(EVENT, data)
    event = {**empty(EVENT), **decode(EVENT_1, data)}
    if event["configuration"] is not None:
        present_configuration(event["configuration"])
    return event


def decode_live(version, letter, data):
    message = decode((LIVE if version > 1 else LIVE_1)[letter], data)
    if version > 1:
        return message
    present = {"a": present_agent, "f": present_configuration}
    return present.get(letter, lambda same: same)(message)


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
    if not 1 <= version <= FORMAT_VERSION:
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
            events.append(decode_event(version, body))
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
