#!/usr/bin/env python3
"""Checks a journal's dump, written from docs/journal-format.md alone.

Usage: check_journal.py DUMP [--acknowledged N]

Decodes every record and every live record, checks the chain, the numbers, each
entity's versions, that no contact is held twice and no agent holds more than it
has units for, applies the events
if they go back to the first one, and compares the live records. Prints each
problem and a summary; exit status 1 if there is any. With --acknowledged, event
N must be there.
"""

import argparse
import hashlib
import sys

from agent_figures import let_go, new_figures, occupied
from holds import choose, hold_of
from journal_format import (CAPACITY_UNITS, CONFIGURATION, CONTACTS_PER_AGENT,
                            FORMAT_VERSION, HELD_UNITS, LIVE, Damage,
                            acknowledged_of, crc32c, decode,
                            decode_live, empty, read_dump, read_record)

(CONFIGURED, SUBMITTED, ENDED, CREATED, ACCEPTED, DECLINED, NO_ANSWER,
 RESCINDED, PRESENCE, WRAP_UP_ENDED, REMOVED, CHANGED,
 WIDENED, HOLD_ENDED, INTERRUPTED, RESUMED) = range(1, 17)
WAITING, RESERVED, ASSIGNED, CONTACT_ENDED = range(4)
IDLE, AGENT_RESERVED, HANDLING, WRAP_UP = range(4)
ABANDONED = 2
LOGGED_OUT, AVAILABLE, NOT_READY = range(3)


def work_state_of(held):
    states = {one["state"] for one in held}
    return next((state for state in (HANDLING, WRAP_UP, AGENT_RESERVED)
                 if state in states), IDLE)


class Replay:
    """The state that the events give."""

    def __init__(self):
        self.contacts, self.details = {}, {}
        self.agents, self.queues, self.ended = {}, {}, {}
        self.configuration = None
        self.configuration_version = 0
        self.keeps_figures = False
        self.applied_configuration_version = 0
        self.sequence = self.last_at_ms = self.arrival_sequence = 0

    def must(self, holds, what):
        if not holds:
            raise Damage(f"event {self.sequence}: {what}")

    def apply(self, event, retention):
        self.sequence += 1
        self.must(event["sequence"] == self.sequence, "is not the next one")
        kind = event["type"]
        contact_id, agent_id = event["contact_id"], event["agent_id"]
        contact = self.contacts.get(contact_id)
        if event["contact_version"] and kind != SUBMITTED:
            self.must(contact is not None, "its contact is not alive")
            self.must(event["contact_version"] == contact["version"] + 1,
                      "leaves out a version of its contact")
            contact["version"] += 1
            waits = event["contact_state"] == WAITING
            self.must(event["ring"] == contact["ring"] or
                      waits and event["ring"] > contact["ring"],
                      "puts its contact into an impossible ring")
        if event["agent_version"]:
            agent = self.agents.setdefault(agent_id, empty(LIVE["a"]))
            self.must(event["agent_version"] == agent["version"] + 1,
                      "leaves out a version of its agent")
        {CONFIGURED: self.configured, SUBMITTED: self.submitted,
         ENDED: self.end, CREATED: self.created, ACCEPTED: self.accepted,
         DECLINED: self.returned, NO_ANSWER: self.returned,
         RESCINDED: self.returned, PRESENCE: self.presence,
         WRAP_UP_ENDED: self.wrap_up_ended, REMOVED: self.removed,
         CHANGED: self.changed,
         WIDENED: self.widened, HOLD_ENDED: self.hold_ended,
         INTERRUPTED: self.interrupted, RESUMED: self.interrupted,
         }[kind](event, contact)
        self.last_at_ms = max(self.last_at_ms, event["at_ms"])
        self.arrival_sequence = max(self.arrival_sequence,
                                    event["arrival_sequence"])
        self.forget(*retention)

    def forget(self, id_retention_ms, ended_ids_max):
        while self.ended:
            first = min(self.ended, key=lambda i: (self.ended[i]["ended_ms"],
                                                   i))
            if (len(self.ended) <= ended_ids_max and
                    self.ended[first]["ended_ms"] >
                    self.last_at_ms - id_retention_ms):
                return
            del self.ended[first]

    def forget_queue_if_unused(self, name):
        listed = self.configuration and any(
            q["name"] == name for q in self.configuration["queues"])
        used = any(d["queue_name"] == name for d in self.details.values())
        if not listed and not used:
            self.queues.pop(name, None)

    def configured(self, event, _):
        self.must(event["configuration"] is not None, "no configuration")
        self.must(event["configuration_version"] ==
                  self.configuration_version + 1, "leaves out a version")
        self.keep_last_listed(event["configuration"])
        self.configuration = event["configuration"]
        self.configuration_version += 1
        self.applied_configuration_version = self.configuration_version
        self.keep_figures(event["at_ms"])
        for name in list(self.queues):
            self.forget_queue_if_unused(name)

    def keep_last_listed(self, after):
        """Of those whom the next one does not list."""
        listed = {a["id"] for a in after["agents"]}
        before = {a["id"]: a for a in self.configuration["agents"]
                  } if self.configuration else {}
        for agent_id, agent in self.agents.items():
            if agent_id in listed:
                agent["last_listed"] = None
            elif agent_id in before:
                agent["last_listed"] = last_listed(
                    before[agent_id], self.configuration)

    def submitted(self, event, contact):
        detail = event["contact_detail"]
        self.must(contact is None and event["contact_version"] == 1,
                  "its contact is alive already")
        self.must(detail is not None and detail["id"] == event["contact_id"],
                  "no detail of its contact")
        contact = empty(LIVE["c"])
        contact.update(version=1, arrival_ms=event["arrival_ms"],
                       ring=event["ring"], over_share=event["over_share"],
                       **hold_of(event))
        choose(self.agents, event, detail)
        self.contacts[detail["id"]] = contact
        self.details[detail["id"]] = detail
        self.ended.pop(detail["id"], None)
        queue = self.queues.setdefault(detail["queue_name"],
                                       empty(LIVE["q"]))
        queue["offered_total"] += 1
        self.arrival_sequence = max(self.arrival_sequence,
                                    detail["arrival_sequence"])

    def keep_figures(self, now_ms):
        keep = any(q["agent_order"] for q in self.configuration["queues"])
        if keep == self.keeps_figures:
            return
        self.keeps_figures = keep
        for agent in self.agents.values():
            agent["figures"] = (new_figures(now_ms if agent["held"] else 0)
                                if keep else None)

    def step_figures(self, event, agent):
        """After what it holds was changed, and before its presence is."""
        figures = agent["figures"] or new_figures()
        agent["figures"] = figures
        kind, now_ms, held = event["type"], event["at_ms"], agent["held"]
        before = agent["presence"]["state"]
        after = event["presence"]["state"]
        if kind == CREATED:
            figures.update(offered=True, last_offered_ms=now_ms)
            if len(held) == 1:
                figures["occupied_since_ms"] = now_ms
        elif kind == ACCEPTED:
            figures["contacts"] += 1
        elif (kind in (DECLINED, NO_ANSWER, RESCINDED, WRAP_UP_ENDED) or
              kind == ENDED and not event["wrap_up_ends_ms"]):
            let_go(figures, now_ms, held)
        if before == after:
            return
        if before == LOGGED_OUT:
            agent["figures"] = new_figures(now_ms if held else 0)
        elif after == AVAILABLE and held:
            let_go(figures, now_ms, held)
        elif after == AVAILABLE:
            figures["occupied_ms"] = occupied(figures, now_ms)

    def take_agent(self, event):
        """After what it holds was changed."""
        agent = self.agents[event["agent_id"]]
        self.must(event["work_state"] == work_state_of(agent["held"]),
                  "its agent does other work")
        if self.keeps_figures:
            self.step_figures(event, agent)
        for name in ("presence", "presence_pending", "pending",
                     "no_answer_channels", "idle_before_pause_ms"):
            agent[name] = event[name]
        agent["version"] = event["agent_version"]
        if event["type"] in (ENDED, PRESENCE, WRAP_UP_ENDED, CHANGED):
            agent["idle_since_ms"] = event["idle_since_ms"]
        if event["type"] == PRESENCE:
            agent["presence_configuration_version"] = \
                event["configuration_version"]

    def held_of(self, event, state):
        """What the agent has of the event's contact, in this state."""
        held = [one for one in self.agents[event["agent_id"]]["held"]
                if one["state"] == state and
                one["contact_id"] == event["contact_id"] and
                one["attempt"] == event["attempt"]]
        self.must(held, "its agent does not hold its contact so")
        return min(held, key=lambda one: one["wrap_up_ends_ms"])

    def let_go(self, event, held):
        agent = self.agents[event["agent_id"]]
        agent["held"] = [one for one in agent["held"] if one is not held]

    def must_hold(self, event, contact, state):
        self.must(contact["state"] == state and
                  contact["agent_id"] == event["agent_id"] and
                  contact["attempt"] == event["attempt"],
                  "contact and agent do not hold each other")
        return self.held_of(event, AGENT_RESERVED if state == RESERVED
                            else HANDLING)

    def end(self, event, contact):
        if event["agent_version"]:
            held = self.must_hold(event, contact, ASSIGNED)
            if event["wrap_up_ends_ms"]:
                self.must(not held["interrupted"],
                          "wraps up what is interrupted")
                held.update(state=WRAP_UP,
                            wrap_up_ends_ms=event["wrap_up_ends_ms"])
            else:
                self.let_go(event, held)
            self.take_agent(event)
        else:
            self.must(contact["state"] != ASSIGNED, "nobody had handled it")
        del self.contacts[event["contact_id"]]
        detail = self.details.pop(event["contact_id"])
        queue = self.queues[detail["queue_name"]]
        queue["abandoned_total"] += event["end_reason"] == ABANDONED
        self.ended[event["contact_id"]] = {
            "fingerprint_0": detail["fingerprint_0"],
            "fingerprint_1": detail["fingerprint_1"],
            "queue": detail["queue_name"], "channel": event["channel"],
            "priority": event["priority"], "end_reason": event["end_reason"],
            "version": event["contact_version"],
            "arrival_ms": contact["arrival_ms"],
            "rank_key_ms": (contact if contact["ring"] and contact["placed"]
                            else detail)["rank_key_ms"],
            "ended_ms": event["at_ms"], "at_once": contact["at_once"],
            "ring": contact["ring"]}
        self.forget_queue_if_unused(detail["queue_name"])

    def widened(self, event, contact):
        self.must(contact["state"] == WAITING and
                  event["contact_state"] == WAITING, "its contact does not wait")
        self.must(event["ring"] > contact["ring"], "is no later ring")
        contact.update(placed=True, ring=event["ring"],
                       rank_key_ms=event["rank_key_ms"],
                       arrival_sequence=event["arrival_sequence"])

    def hold_ended(self, event, contact):
        self.must(contact["state"] == WAITING and
                  event["contact_state"] == WAITING, "its contact does not wait")
        self.must(contact["held_for"] not in (b"", event["held_for"]),
                  "ends no hold")
        contact.update(placed=True, ring=event["ring"],
                       rank_key_ms=event["rank_key_ms"],
                       arrival_sequence=event["arrival_sequence"],
                       **hold_of(event))

    def created(self, event, contact):
        self.must(contact["state"] == WAITING, "its contact does not wait")
        self.must(contact["held_for"] == event["held_for"] and
                  contact["held_for"] in (b"", event["agent_id"]),
                  "gives its contact to another than whom it waits for")
        self.must(event["attempt"] == event["contact_version"], "attempt")
        held = self.agents[event["agent_id"]]["held"]
        # Without units it is of version 1.
        held.append({"contact_id": event["contact_id"],
                     "channel": event["channel"] if event["units"] else 0,
                     "state": AGENT_RESERVED, "attempt": event["attempt"],
                     "units": event["units"] or CAPACITY_UNITS,
                     "wrap_up_ends_ms": 0, "interrupted": False})
        units = sum(one["units"] for one in held)
        # What it may have interrupted, or was to interrupt when that ended.
        gives_way = sum(one["units"] for one in held
                        if one["state"] != AGENT_RESERVED and
                        one["channel"] != held[-1]["channel"])
        self.must(units <= HELD_UNITS and units - gives_way <= CAPACITY_UNITS and
                  len(held) <= CONTACTS_PER_AGENT,
                  f"its agent holds {len(held)} contacts of {units} units")
        self.take_agent(event)
        contact.update(
            state=RESERVED, placed=True, held_since_ms=0, held_until_ms=0,
            rank_key_ms=event["rank_key_ms"],
            arrival_sequence=event["arrival_sequence"],
            agent_id=event["agent_id"], attempt=event["attempt"],
            fit_step=event["fit_step"], tutor_id=event["tutor_id"],
            idle_since_ms=event["idle_since_ms"],
            offer_expires_ms=event["offer_expires_ms"],
            at_once=contact["at_once"] or event["at_once"])

    def accepted(self, event, contact):
        self.must_hold(event, contact, RESERVED)["state"] = HANDLING
        self.take_agent(event)
        contact.update(state=ASSIGNED, accepted_ms=event["at_ms"],
                       offer_expires_ms=0)
        name = self.details[event["contact_id"]]["queue_name"]
        self.queues[name]["answered_total"] += 1

    def interrupted(self, event, contact):
        self.must(contact is not None and not event["contact_version"] and
                  event["contact_state"] == ASSIGNED,
                  "changes its contact, which is not in handling")
        held = self.must_hold(event, contact, ASSIGNED)
        resumed = event["type"] == RESUMED
        self.must(held["interrupted"] == resumed,
                  "is no change of what its agent is at")
        held["interrupted"] = not resumed
        self.take_agent(event)
        if resumed:
            contact["accepted_ms"] = event["at_ms"]

    def returned(self, event, contact):
        if event["contact_version"]:
            held = self.must_hold(event, contact, RESERVED)
            contact.update(
                state=WAITING, placed=True, ring=event["ring"],
                **hold_of(event),
                rank_key_ms=event["rank_key_ms"],
                arrival_sequence=event["arrival_sequence"], agent_id=b"",
                attempt=0, fit_step=0, tutor_id=b"", idle_since_ms=0,
                offer_expires_ms=0)
        else:
            self.must(event["type"] == RESCINDED and
                      event["contact_state"] == CONTACT_ENDED,
                      "has no version of its contact")
            held = self.held_of(event, AGENT_RESERVED)
            if (contact and contact["agent_id"] == event["agent_id"] and
                    contact["attempt"] == event["attempt"]):
                contact["agent_id"] = b""
        self.let_go(event, held)
        self.take_agent(event)
        if event["type"] == DECLINED:
            self.declined(event, contact)

    def declined(self, event, contact):
        agent_id, now_ms = event["agent_id"], event["at_ms"]
        contact["declines"] = [d for d in contact["declines"]
                               if d["until_ms"] > now_ms and
                               d["agent_id"] != agent_id][-8:]
        if len(contact["declines"]) == 8:
            del contact["declines"][0]
        own = sorted((d["until_ms"], i) for i, c in self.contacts.items()
                     for d in c["declines"] if d["agent_id"] == agent_id)
        while own and (own[0][0] <= now_ms or len(own) >= 64):
            other = self.contacts[own.pop(0)[1]]
            other["declines"] = [d for d in other["declines"]
                                 if d["agent_id"] != agent_id]
        contact["declines"].append({"agent_id": agent_id,
                                    "until_ms": event["decline_until_ms"]})

    def drop_declines(self, agent_id):
        for contact in self.contacts.values():
            contact["declines"] = [d for d in contact["declines"]
                                   if d["agent_id"] != agent_id]

    def presence(self, event, _):
        self.take_agent(event)
        self.drop_declines(event["agent_id"])

    def changed(self, event, _):
        after = event["agent_configuration"]
        self.must(after is not None and after["id"] == event["agent_id"],
                  "no configuration of its agent")
        self.must(event["configuration_version"] ==
                  self.configuration_version + 1, "leaves out a version")
        agents = self.configuration["agents"] if self.configuration else []
        self.must(any(a["id"] == after["id"] for a in agents),
                  "its agent is not configured")
        self.configuration = dict(
            self.configuration,
            agents=[after if a["id"] == after["id"] else a for a in agents])
        self.configuration_version += 1
        self.take_agent(event)

    def wrap_up_ended(self, event, _):
        held = self.agents[event["agent_id"]]["held"]
        if not event["contact_id"] and len(held) == 1:  # of version 1
            event = {**event, "contact_id": held[0]["contact_id"],
                     "attempt": held[0]["attempt"]}
        self.must(event["contact_version"] == 0, "its contact has ended")
        self.let_go(event, self.held_of(event, WRAP_UP))
        self.take_agent(event)

    def removed(self, event, _):
        self.must(not self.agents[event["agent_id"]]["held"],
                  "its agent holds something")
        self.take_agent(event)
        self.drop_declines(event["agent_id"])
        del self.agents[event["agent_id"]]

    def live(self):
        """By letter and id."""
        for agent in self.agents.values():
            if agent["figures"] == new_figures():
                agent["figures"] = None
        of = {"c": self.contacts, "d": self.details, "a": self.agents,
              "q": self.queues, "e": self.ended}
        live = {(letter, key): value for letter, values in of.items()
                for key, value in values.items()}
        if self.configuration is not None:
            live["f", b""] = self.configuration
        return live


def last_listed(agent, configuration):
    """What a configuration says of one of its agents."""
    implies = {s["name"]: [i["skill"] for i in s["implies"]]
               for s in configuration["skills"]}
    skills, to_see = set(), [s["skill"] for s in agent["skills"]]
    while to_see:
        skill = to_see.pop()
        if skill not in skills:
            skills.add(skill)
            to_see += implies.get(skill, [])

    def of(name, names):
        return [one for one in configuration[name] if one["name"] in names]

    teams = of("teams", {agent["team"]})
    listed = empty(CONFIGURATION)
    listed.update(
        agents=[agent], teams=teams, skills=of("skills", skills),
        routing_profiles=of("routing_profiles", {agent["routing_profile"]}),
        grades=[g for g in configuration["grades"]
                if g["grade"] == agent["grade"]],
        sites=of("sites", {agent["site"], *(t["site"] for t in teams)}))
    return listed


class Checker:
    def __init__(self):
        self.problems = []
        self.events = 0
        self.last = 0
        self.head = b""
        self.replay = None

    def tell(self, problem):
        self.problems.append(problem)

    def records(self, records):
        before = None
        for key in sorted(records):
            data = records[key]
            try:
                record = read_record(data)
            except Damage as damage:
                self.tell(f"record of event {key}: {damage}")
                self.replay, before = None, None
                self.head = hashlib.sha256(data).digest()
                continue
            self.chain(key, record, before)
            if before is None and record["first"] == 1:
                self.replay = Replay()
            self.apply(key, record)
            before = record
            self.events += len(record["events"])
            self.last = record["last"]
            self.head = hashlib.sha256(data).digest()

    def chain(self, key, record, before):
        if record["first"] != key:
            self.tell(f"record of event {key}: begins with another")
        if record["first"] == 1 and record["previous"] != bytes(32):
            self.tell(f"record of event {key}: something was before it")
        if before is None:
            return
        if record["first"] != before["last"] + 1:
            self.tell(f"record of event {key}: after {before['last']}")
        if record["previous"] != self.head:
            self.tell(f"record of event {key}: the chain is broken")
        if (record["partition"] != before["partition"] or
                record["epoch"] < before["epoch"] or
                record["last_at_ms"] < before["last_at_ms"]):
            self.tell(f"record of event {key}: partition, epoch or instant")

    def apply(self, key, record):
        if self.replay is None:
            return
        try:
            for event in record["events"]:
                self.replay.apply(event, (record["id_retention_ms"],
                                          record["ended_ids_max"]))
            if self.replay.last_at_ms != record["last_at_ms"]:
                raise Damage("byte 44: not the latest instant")
        except Damage as damage:
            self.tell(f"record of event {key}: {damage}")
            self.replay = None

    def live(self, raw):
        live = {}
        version = self.version_of(raw)
        for key, data in raw.items():
            letter = key[:1].decode("latin-1")
            try:
                if letter not in LIVE:
                    raise Damage("of no known kind")
                if int.from_bytes(data[:4], "big") != crc32c(key + data[4:]):
                    raise Damage("crc32c is wrong")
                live[letter, key[1:]] = decode_live(version, letter, data[4:])
            except Damage as damage:
                self.tell(f"live record {key!r}: {damage}")
        meta = live.pop(("m", b""), None)
        if meta is None:
            self.tell("there is no meta record")
            return
        counts = [sum(letter == kind for letter, _ in live)
                  for kind in "caqe"]
        if [meta[n] for n in ("contacts", "agents", "queues", "ended")] != \
                counts:
            self.tell(f"the meta record counts other than {counts}")
        if meta["last_sequence"] != self.last or meta["head"] != self.head:
            self.tell(f"the live records are those after event "
                      f"{meta['last_sequence']}, the records end with "
                      f"{self.last}")
        if self.replay is not None:
            self.compare(meta, live)

    def version_of(self, raw):
        try:
            version = decode(LIVE["m"], raw[b"m"][4:])["format_version"]
        except (KeyError, Damage):
            return FORMAT_VERSION  # told where it is read
        if not 1 <= version <= FORMAT_VERSION:
            self.tell(f"the meta record has version {version}")
        return version

    def compare(self, meta, live):
        names = ["last_at_ms", "arrival_sequence", "configuration_version"]
        if meta["format_version"] > 1:
            names.append("applied_configuration_version")
        for name in names:
            if meta[name] != getattr(self.replay, name):
                self.tell(f"meta record: {name} is {meta[name]}, replay "
                          f"gives {getattr(self.replay, name)}")
        expected = self.replay.live()
        for key in sorted(expected.keys() | live.keys()):
            if expected.get(key) != live.get(key):
                self.tell(f"live record {key}: is {live.get(key)}, replay "
                          f"gives {expected.get(key)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dump")
    parser.add_argument("--acknowledged", type=int, default=0)
    options = parser.parse_args()
    checker = Checker()
    try:
        with open(options.dump, "rb") as stream:
            records, live, side = read_dump(stream.read())
    except Damage as damage:
        print(damage)
        return 1
    checker.records(records)
    checker.live(live)
    acknowledged = max(options.acknowledged, acknowledged_of(side))
    if checker.last < acknowledged:
        checker.tell(f"event {acknowledged} was acknowledged, the records "
                     f"end with {checker.last}")
    for problem in checker.problems:
        print(problem)
    print(f"{len(records)} records, {checker.events} events up to "
          f"{checker.last}, {len(live)} live records, "
          f"{'replayed' if checker.replay else 'not replayed'}, "
          f"{len(checker.problems)} problems")
    return 1 if checker.problems else 0


if __name__ == "__main__":
    sys.exit(main())
