"""Judges a journal against what clients were told; see check_crash.py.

The bytes are read by tests/journal/journal_format.py and the live records
compared with the events' replay by tests/journal/check_journal.py, both written
from docs/journal-format.md alone. Here is what acknowledgements promise.
"""

import hashlib
import heapq
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent /
                       "journal"))
from check_journal import (  # noqa: E402
    ACCEPTED, CREATED, DECLINED, ENDED, SUBMITTED, WRAP_UP_ENDED, Checker,
    Replay)
from journal_format import Damage, acknowledged_of, read_record  # noqa: E402

from auditor import CHANNELS, Auditor, profiles_of  # noqa: E402

TYPES = ("", "CONFIGURATION_APPLIED", "CONTACT_SUBMITTED", "CONTACT_ENDED",
         "RESERVATION_CREATED", "RESERVATION_ACCEPTED", "RESERVATION_DECLINED",
         "RESERVATION_NO_ANSWER", "RESERVATION_RESCINDED", "PRESENCE_CHANGED",
         "WRAP_UP_ENDED", "AGENT_REMOVED", "AGENT_CHANGED")
CONTACT_STATES = ("WAITING", "RESERVED", "ASSIGNED", "ENDED")
WORK_STATES = ("IDLE", "RESERVED", "HANDLING", "WRAP_UP")
PRESENCE_STATES = ("LOGGED_OUT", "AVAILABLE", "NOT_READY")
REASONS = ("UNSPECIFIED", "BREAK", "MEAL", "TRAINING", "MEETING", "OTHER",
           "NO_ANSWER")
END_REASONS = ("UNSPECIFIED", "COMPLETED", "ABANDONED", "CANCELLED",
               "WAIT_LIMIT", "LEASE_EXPIRED")
# What the router calls forgotten may differ from what the events alone say by
# so much: it looks at its clock, they at the latest instant among them.
FORGOTTEN_SLACK_MS = 2000


def plain(enumerator, prefix, default):
    """The name in Protobuf's JSON without its prefix."""
    return enumerator.removeprefix(prefix) if enumerator else default


def presence_of(message):
    return (plain(message.get("state"), "PRESENCE_STATE_", "LOGGED_OUT"),
            plain(message.get("reason"), "NOT_READY_REASON_", "UNSPECIFIED"))


def named_presence(presence):
    return (PRESENCE_STATES[presence["state"]], REASONS[presence["reason"]])


class FastReplay(Replay):
    """The same replay, that finds whom to forget without looking at all."""

    def __init__(self):
        super().__init__()
        self.order = []
        self.id_retention_ms = 0

    def submitted(self, event, contact):
        before = self.ended.get(event["contact_id"])
        self.must(before is None or before["ended_ms"] +
                  self.id_retention_ms <= event["at_ms"] + FORGOTTEN_SLACK_MS,
                  "its contact is submitted twice")
        super().submitted(event, contact)

    def end(self, event, contact):
        super().end(event, contact)
        heapq.heappush(self.order, (event["at_ms"], event["contact_id"]))

    def forget(self, id_retention_ms, ended_ids_max):
        self.id_retention_ms = id_retention_ms
        while self.order:
            ended_ms, contact_id = self.order[0]
            ended = self.ended.get(contact_id)
            stale = ended is None or ended["ended_ms"] != ended_ms
            if (not stale and len(self.ended) <= ended_ids_max and
                    ended_ms > self.last_at_ms - id_retention_ms):
                return
            heapq.heappop(self.order)
            if not stale:
                del self.ended[contact_id]


class Told:
    """One event, as far as clients can know it."""

    __slots__ = ("sequence", "type", "at_ms", "contact", "contact_version",
                 "contact_state", "end_reason", "queue", "channel", "priority",
                 "arrival_ms", "agent", "agent_version", "presence", "pending",
                 "work_state", "attempt", "units", "offer_expires_ms", "has",
                 "idle_since_ms", "brought", "brought_channel", "wrap_up_ms",
                 "profiles")

    def __init__(self, event, replay):
        self.sequence, self.type = event["sequence"], event["type"]
        self.at_ms = event["at_ms"]
        self.contact = event["contact_id"].decode()
        self.contact_version = event["contact_version"]
        self.contact_state = CONTACT_STATES[event["contact_state"]]
        self.end_reason = END_REASONS[event["end_reason"]]
        self.queue = event["queue"].decode()
        self.channel = CHANNELS[event["channel"]]
        self.priority, self.arrival_ms = event["priority"], event["arrival_ms"]
        self.agent = event["agent_id"].decode()
        self.agent_version = event["agent_version"]
        self.presence = named_presence(event["presence"])
        self.pending = (named_presence(event["pending"])
                        if event["presence_pending"] else None)
        self.work_state = WORK_STATES[event["work_state"]]
        self.attempt, self.units = event["attempt"], event["units"]
        self.offer_expires_ms = event["offer_expires_ms"]
        # Of the agent, afterwards.
        agent = replay.agents.get(event["agent_id"])
        self.has = [(one["contact_id"].decode(), CHANNELS[one["channel"]],
                     WORK_STATES[one["state"]], one["attempt"], one["units"],
                     one["wrap_up_ends_ms"])
                    for one in (agent["held"] if agent else ())]
        self.idle_since_ms = agent["idle_since_ms"] if agent else 0
        self.brought = self.brought_channel = self.wrap_up_ms = None
        self.profiles = profiles_of(event["configuration"])
        detail = event["contact_detail"]
        if detail is not None:
            self.brought_channel = CHANNELS[detail["channel"]]
            self.wrap_up_ms = detail["queue"]["wrap_up_ms"]
            self.brought = (detail["queue_name"].decode(),
                            CHANNELS[detail["channel"]], detail["priority"],
                            {a["key"].decode(): a["value"].decode()
                             for a in detail["attributes"]})


class Journal(Checker):
    """What the records say, read on from check to check."""

    def __init__(self):
        super().__init__()
        self.replay = FastReplay()
        self.auditor = Auditor()
        self.before = None
        self.key = None  # of the last record read
        self.record_count = 0
        self.told = []  # by sequence - 1
        self.contacts, self.agents, self.answered = {}, {}, {}
        self.ends = {}  # by contact
        self.heads = {}  # SHA-256 of the record that ends with an event

    def more(self, records):
        """`records` go on with the last one that was given before."""
        if self.key is not None:
            known = records.pop(self.key, None)
            if known is None or hashlib.sha256(known).digest() != self.head:
                self.tell(f"record of event {self.key}: is no longer what it "
                          "was before the restart")
        for key in sorted(records):
            self.one(key, records[key])

    def one(self, key, data):
        self.record_count += 1
        record = None
        try:
            record = read_record(data)
            if self.before is None and record["first"] != 1:
                self.tell(f"record of event {key}: the first events are gone")
                self.replay = None
            self.chain(key, record, self.before)
            self.apply(key, record)
            self.last = record["last"]
        except Damage as damage:
            self.tell(f"record of event {key}: {damage}")
            self.replay = None
        self.before, self.key = record, key
        self.head = hashlib.sha256(data).digest()
        self.heads[self.last] = self.head.hex()

    def apply(self, key, record):
        if self.replay is None:
            return
        for event in record["events"]:
            try:
                self.replay.apply(event, (record["id_retention_ms"],
                                          record["ended_ids_max"]))
                told = Told(event, self.replay)
                self.auditor.apply(told)
            except Damage as damage:
                self.tell(f"event {event['sequence']}: {damage}")
                self.replay = None
                return
            self.remember(told)
        self.events += len(record["events"])
        if self.replay.last_at_ms != record["last_at_ms"]:
            self.tell(f"record of event {key}: byte 44: not the latest instant")

    def remember(self, told):
        self.told.append(told)
        if told.contact_version:
            self.contacts.setdefault((told.contact, told.contact_version),
                                     []).append(told)
        if told.agent_version:
            self.agents.setdefault((told.agent, told.agent_version),
                                   []).append(told)
        if told.type == ENDED:
            self.ends.setdefault(told.contact, []).append(told)
        if told.type in (CREATED, ACCEPTED, DECLINED):
            self.answered.setdefault((told.type, told.contact, told.agent,
                                      told.attempt), []).append(told)

    def has_ended(self, contact):
        """Now, or once: an id that was forgotten may come again."""
        return contact not in self.auditor.alive or contact in self.ends

    def sample(self, count):
        """Ids of contacts that are alive or have just ended."""
        alive = sorted(key.decode() for key in self.replay.contacts)
        ended = sorted(self.replay.ended, key=lambda key: (
            self.replay.ended[key]["ended_ms"], key))
        return alive[-count:] + [key.decode() for key in ended[-count // 4:]]


class Acknowledgements:
    """One client's log, read on from check to check, against the journal."""

    def __init__(self, name, journal, lives, figures, tell):
        self.name, self.journal, self.lives = name, journal, lives
        self.figures = figures
        self.tell = tell
        self.asked = {}
        self.unknown = set()  # calls whose outcome nobody has known so far

    def line(self, text):
        try:
            line = json.loads(text)
        except ValueError:
            self.tell(f"{self.name}: is no JSON: {text[:80]}")
            return
        if "ask" in line:
            self.asked[line["n"]] = (line["call"], line["ask"])
            return
        call, ask = ("", {})
        if "of" in line:
            call, ask = self.asked.pop(line["of"])
        key = call, json.dumps({k: v for k, v in ask.items()
                                if k != "requestId"})
        retried = key in self.unknown
        self.unknown.discard(key)
        problem = None
        if "answer" in line:
            self.count("answers")
            problem = self.answer(call, ask, line["answer"], line["life"])
        elif "offer" in line:
            self.count("offers")
            problem = self.offer(line["offer"], line["life"])
        elif "events" in line:
            self.figures["acknowledgements"] += 1
            for event in line["events"]:
                self.figures["events_streamed"] += 1
                problem = problem or self.streamed(event)
        elif "unknown" in line:
            self.figures["unknown_outcomes"] += 1
            self.unknown.add(key)
        else:
            self.figures["refusals"] += 1
            problem = self.refused(call, ask, line, retried)
        if problem:
            self.tell(f"{self.name}: life {line['life']}: {call} {ask}: "
                      f"{problem}: {text.strip()}")

    def count(self, what):
        self.figures[what] += 1
        self.figures["acknowledgements"] += 1

    # Each of these returns a problem, or None.

    def answer(self, call, ask, answer, life):
        sequence = int(answer.get("eventSequence", 0))
        last = self.lives.get(life, self.journal.last)
        if sequence > last:
            return (f"event {sequence} was told of, the journal ended with "
                    f"{last}")
        judge = {
            "SubmitContact": self.submitted, "CancelContact": self.ended,
            "CompleteContact": self.ended, "AcceptOffer": self.offer_answered,
            "DeclineOffer": self.offer_answered, "SignIn": self.presence,
            "SetPresence": self.presence, "EndWrapUp": self.wrap_up_ended,
            "GetContact": self.contact_read, "GetAgent": self.agent_read,
            "Attach": lambda *_: None,
        }.get(call)
        if judge is None:
            return "an answer to no call that is known"
        return judge(call, ask, answer, sequence)

    @staticmethod
    def until(events, sequence):
        return [e for e in events if e.sequence <= sequence]

    def submitted(self, _, ask, answer, sequence):
        asked = ask["contact"]
        wanted = (asked["queue"], plain(asked["channel"], "CHANNEL_", ""),
                  asked.get("priority", 0), asked.get("attributes", {}))
        found = [e for e in self.journal.contacts.get((asked["id"], 1), [])
                 if e.type == SUBMITTED and
                 e.arrival_ms == int(answer["arrivalMs"])]
        if not self.until(found, sequence):
            return "the journal has no such submission"
        if found[0].brought != wanted:
            return f"the journal has {found[0].brought}"
        return None

    def ended(self, call, ask, answer, sequence):
        reason = (plain(ask.get("reason"), "END_REASON_", "ABANDONED")
                  if call == "CancelContact" else "COMPLETED")
        found = [e for e in self.journal.contacts.get(
            (ask["contactId"], int(answer["version"])), [])
            if e.type == ENDED and e.end_reason == reason]
        if not self.until(found, sequence):
            return "the journal has no such end"
        return None

    def offer_answered(self, call, ask, _, sequence):
        kind, part = ((ACCEPTED, "accept") if call == "AcceptOffer" else
                      (DECLINED, "decline"))
        found = self.journal.answered.get(
            (kind, ask[part]["contactId"], ask[part]["agentId"],
             int(ask[part]["attempt"])), [])
        if not self.until(found, sequence):
            return "the journal has no such answer to an offer"
        return None

    def of_agent(self, agent, version, sequence):
        return self.until(self.journal.agents.get((agent, int(version)), []),
                          sequence)

    def presence(self, _, ask, answer, sequence):
        wanted = presence_of(ask.get("presence",
                                     {"state": "PRESENCE_STATE_AVAILABLE"}))
        found = self.of_agent(ask["agentId"], answer["version"], sequence)
        if not found:
            return "the journal has no such version"
        if wanted not in (found[-1].presence, found[-1].pending):
            return f"the journal has {found[-1].presence}"
        return None

    def wrap_up_ended(self, _, ask, answer, sequence):
        found = self.of_agent(ask["agentId"], answer["version"], sequence)
        # Repeated: it was over already, and later versions may be told.
        if not [e for e in found
                if "repeated" in answer or e.type == WRAP_UP_ENDED and
                e.contact == ask.get("contactId", e.contact)]:
            return "the journal has no such end of wrap-up"
        return None

    def contact_read(self, _, ask, answer, __):
        seen = answer["contact"]
        contact = seen["contact"]
        shown = (
            plain(seen["state"], "CONTACT_STATE_", ""),
            plain(seen.get("endReason"), "END_REASON_", "UNSPECIFIED"),
            contact["queue"], plain(contact["channel"], "CHANNEL_", ""),
            contact.get("priority", 0), int(seen["arrivalMs"]))
        found = [e for e in self.journal.contacts.get(
            (ask["contactId"], int(seen["version"])), [])
            if e.arrival_ms == int(seen["arrivalMs"])]
        if not found:
            return "the journal has no such version"
        event = found[0]
        kept = (event.contact_state, event.end_reason, event.queue,
                event.channel, event.priority, event.arrival_ms)
        if shown != kept:
            return f"the journal has {kept}"
        if event.contact_state in ("RESERVED", "ASSIGNED") and (
                (seen["agentId"], int(seen["attempt"])) !=
                (event.agent, event.attempt)):
            return f"the journal has {event.agent}, {event.attempt}"
        return None

    def agent_read(self, _, ask, answer, __):
        seen = answer["agent"]
        version = int(seen.get("version", 0))
        if version == 0:  # no event yet
            return None
        found = self.journal.agents.get((ask["agentId"], version))
        if not found:
            return "the journal has no such version"
        event = found[-1]
        shown = (presence_of(seen["presence"]),
                 presence_of(seen["pending"]) if "pending" in seen else None,
                 plain(seen["workState"], "WORK_STATE_", ""))
        kept = (event.presence, event.pending, event.work_state)
        if shown != kept:
            return f"the journal has {kept}"
        has = [(one["contactId"], plain(one["channel"], "CHANNEL_", ""),
                plain(one["state"], "WORK_STATE_", ""), int(one["attempt"]),
                one["units"], int(one.get("wrapUpEndsMs", 0)))
               for one in seen.get("held", ())]
        if has != event.has:
            return f"the journal has {event.has}"
        if (event.work_state == "IDLE" and
                int(seen.get("idleSinceMs", 0)) != event.idle_since_ms):
            return f"the journal has idle since {event.idle_since_ms}"
        return None

    def offer(self, offer, life):
        found = [e for e in self.journal.answered.get(
            (CREATED, offer["contact"]["id"], offer["agentId"],
             int(offer["attempt"])), [])
            if e.arrival_ms == int(offer["arrivalMs"])]
        if not found:
            return "the journal has no such reservation"
        expires_ms = int(offer.get("expiresMs", 0))
        kept_ms = found[0].offer_expires_ms
        # Who had an offer before a restart gets time to come back.
        again = found[0].sequence <= self.lives.get(life - 1, 0)
        if expires_ms < kept_ms or (expires_ms > kept_ms and not again):
            return f"the journal has it expire at {kept_ms}"
        return None

    def streamed(self, event):
        sequence = int(event["sequence"])
        if sequence > len(self.journal.told):
            return f"event {sequence} was streamed, the journal has none"
        kept = self.journal.told[sequence - 1]
        contact, agent = event.get("contact", {}), event.get("agent", {})
        shown = (plain(event["type"], "EVENT_TYPE_", ""), int(event["atMs"]),
                 contact.get("id", ""), int(contact.get("version", 0)),
                 agent.get("id", ""), int(agent.get("version", 0)))
        journaled = (TYPES[kept.type], kept.at_ms, kept.contact,
                     kept.contact_version, kept.agent, kept.agent_version)
        if shown != journaled:
            return f"event {sequence}: streamed {shown}, journaled {journaled}"
        if contact and (
                plain(contact["state"], "CONTACT_STATE_", "") !=
                kept.contact_state):
            return f"event {sequence}: the contact became {kept.contact_state}"
        if agent and (plain(agent["workState"], "WORK_STATE_", "") !=
                      kept.work_state):
            return f"event {sequence}: the agent became {kept.work_state}"
        units = event.get("reservation", {}).get("units", 0)
        if units != kept.units:
            return f"event {sequence}: the journal has {kept.units} units"
        return None

    def refused(self, call, ask, line, retried):
        code = line["refused"]
        if (retried and code == "FAILED_PRECONDITION" and
                self.has_happened(call, ask,
                                  self.lives.get(line["life"] - 1, 0))):
            return "was done before, and its retry must be answered so"
        if call == "GetContact" and code == "NOT_FOUND":
            if not self.journal.has_ended(ask["contactId"]):
                return "the journal has it alive"
            return None
        if (call in ("GetContact", "GetAgent", "WatchEvents") or
                code in ("ALREADY_EXISTS", "INVALID_ARGUMENT", "DATA_LOSS")):
            return "must not be refused"
        return None


    def has_happened(self, call, ask, before):
        """By this client's call, and not after the event `before`: nobody else
        makes the same call. A decline may be followed by another reservation,
        which leaves no trace of it."""
        if call == "AcceptOffer":
            return not self.offer_answered(call, ask, None, before)
        ends = self.until(self.journal.ends.get(ask.get("contactId"), []),
                          before)
        if call == "EndWrapUp":
            # There is one wrap-up of a contact, and it has begun.
            return bool(ends)
        reason = {"CompleteContact": "COMPLETED",
                  "CancelContact": plain(ask.get("reason"), "END_REASON_",
                                         "ABANDONED")}.get(call)
        return any(end.end_reason == reason for end in ends)


FIGURES = ("acknowledgements", "answers", "offers", "events_streamed",
           "unknown_outcomes", "refusals")


class CrashChecker:
    """All of it: give it what the journal has and the logs' new lines."""

    def __init__(self, lives=None):
        self.journal = Journal()
        self.lives = {}  # the last event after each life
        self.known = lives or {}  # life -> (last event, head), found before
        self.logs = {}
        self.figures = dict.fromkeys(FIGURES, 0)

    def check(self, life, records, live, side, lines):
        """`records` from the last one known on, `lines` by log's name.
        Returns new problems."""
        journal = self.journal
        before = len(journal.problems)
        journal.more(records)
        journal.live(live)
        acknowledged = acknowledged_of(side)
        if journal.last < acknowledged:
            journal.tell(f"event {acknowledged} was acknowledged, the records "
                         f"end with {journal.last}")
        self.lives[life] = journal.last
        for known, (last, head) in self.known.items():
            self.lives[known] = last
            if last and journal.heads.get(last) != head:
                journal.tell(f"the record that ended life {known} with event "
                             f"{last} is no longer what it was")
        if journal.replay is not None:
            for name, texts in lines.items():
                log = self.logs.setdefault(name, Acknowledgements(
                    name, journal, self.lives, self.figures, journal.tell))
                for text in texts:
                    log.line(text)
        return journal.problems[before:]

    def head(self):
        return self.journal.last, self.journal.head.hex()
