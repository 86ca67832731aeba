"""Who holds what, told from a journal's events for crash_checker.py."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent /
                       "journal"))
from check_journal import (  # noqa: E402
    ACCEPTED, CONFIGURED, CREATED, DECLINED, ENDED, NO_ANSWER, REMOVED,
    RESCINDED, SUBMITTED, WRAP_UP_ENDED)
from journal_format import Damage  # noqa: E402

CHANNELS = ("VOICE", "EMAIL", "CHAT", "CALLBACK", "VIDEO", "SOCIAL", "MAIL",
            "INTERNAL")


def profiles_of(configuration):
    """By agent, or None."""
    if configuration is None:
        return None
    named = {profile["name"]: profile
             for profile in configuration["routing_profiles"]}
    return {agent["id"].decode(): named[agent["routing_profile"]]
            for agent in configuration["agents"]}


class Holding:
    """A contact that an agent has, from its reservation to its wrap-up."""

    __slots__ = ("contact", "attempt", "channel", "units", "state",
                 "wrap_up_ends_ms")

    def __init__(self, event, channel):
        self.contact, self.attempt = event.contact, event.attempt
        self.channel, self.units = channel, event.units
        self.state, self.wrap_up_ends_ms = "RESERVED", 0

    def __str__(self):
        return f"{self.contact} ({self.channel}, {self.units} units)"


class Auditor:
    """Who holds what, from the events' types and names and from what the
    configuration and the submissions brought: no state that an event tells is
    believed."""

    def __init__(self):
        self.held = {}  # agent -> holdings, wrap-ups among them
        self.agent_of = {}  # contact -> agent that it is reserved for
        self.accepted_by = {}  # contact -> agent who has accepted it
        self.alive = {}  # contact -> (channel, wrap_up_ms)
        # agent -> profiles: the last one, and the one before that. A decision
        # may be older than the configuration that stands before its event.
        self.profiles = {}

    def apply(self, event):
        kind, contact, agent = event.type, event.contact, event.agent
        if kind == CONFIGURED:
            for listed, profile in event.profiles.items():
                before = self.profiles.get(listed, [profile])
                self.profiles[listed] = [profile, before[0]]
        elif kind == SUBMITTED:
            if contact in self.alive:
                raise Damage(f"contact {contact} is submitted while alive")
            self.alive[contact] = event.brought_channel, event.wrap_up_ms
        elif kind == CREATED:
            self.created(event)
        elif kind == ACCEPTED:
            if contact in self.accepted_by:
                raise Damage(f"contact {contact} is accepted twice, by "
                             f"{self.accepted_by[contact]} and {agent}")
            if self.agent_of.pop(contact, None) != agent:
                raise Damage(f"contact {contact} is accepted by {agent}, for "
                             "whom it is not reserved")
            self.accepted_by[contact] = agent
            self.find(event, "RESERVED").state = "HANDLING"
        elif kind in (DECLINED, NO_ANSWER, RESCINDED):
            if event.contact_version and self.agent_of.pop(
                    contact, None) != agent:
                raise Damage(f"contact {contact} is returned by {agent}, for "
                             "whom it is not reserved")
            self.let_go(event, self.find(event, "RESERVED"))
        elif kind == ENDED:
            self.end(event)
        elif kind == WRAP_UP_ENDED:
            self.let_go(event, self.find(event, "WRAP_UP"))
        elif kind == REMOVED and self.held.pop(agent, None):
            raise Damage(f"agent {agent} is removed and has something")

    def created(self, event):
        contact, agent = event.contact, event.agent
        if contact not in self.alive:
            raise Damage(f"contact {contact} is reserved, not being alive")
        for holders in (self.agent_of, self.accepted_by):
            if contact in holders:
                raise Damage(f"contact {contact} is reserved for {agent} and "
                             f"held by {holders[contact]}")
        new = Holding(event, self.alive[contact][0])
        beside = self.held.setdefault(agent, [])
        problems = [self.no_room(new, beside, profile)
                    for profile in self.profiles.get(agent, ())]
        if all(problems):  # also without any profile
            raise Damage(f"agent {agent} is over capacity: {new} besides "
                         f"{', '.join(map(str, beside)) or 'nothing'}; "
                         f"{problems[0] if problems else 'it has no profile'}")
        beside.append(new)
        self.agent_of[contact] = agent

    @staticmethod
    def no_room(new, beside, profile):
        """Why one more does not fit, or None."""
        at = CHANNELS.index(new.channel)
        cost, most = profile["cost_units"][at], profile["contacts_max"][at]
        if new.units != cost:
            return f"it takes {cost} units"
        units = cost + sum(one.units for one in beside)
        if units > profile["capacity_units"]:
            return f"{units} units of {profile['capacity_units']}"
        same = 1 + sum(one.channel == new.channel for one in beside)
        if most and same > most:
            return f"{same} of {new.channel}, at most {most}"
        return None

    def end(self, event):
        if event.contact not in self.alive:
            raise Damage(f"contact {event.contact} ends twice")
        _, wrap_up_ms = self.alive.pop(event.contact)
        # Of one that ends while reserved the agent is let go by a
        # rescission, before or after.
        self.agent_of.pop(event.contact, None)
        if self.accepted_by.pop(event.contact, None) is None:
            return
        one = self.find(event, "HANDLING")
        if wrap_up_ms:
            one.state = "WRAP_UP"
            one.wrap_up_ends_ms = event.at_ms + wrap_up_ms
        else:
            self.let_go(event, one)

    def find(self, event, state):
        """An id may come again while the contact before it is wrapped up."""
        found = [one for one in self.held.get(event.agent, ())
                 if (one.contact, one.attempt, one.state) ==
                 (event.contact, event.attempt, state)]
        if not found:
            raise Damage(f"agent {event.agent} does not have {event.contact}, "
                         f"attempt {event.attempt}, {state}")
        one = min(found, key=lambda each: each.wrap_up_ends_ms)
        if one.units != event.units:
            raise Damage(f"agent {event.agent} has {one}, and "
                         f"{event.units} are told")
        return one

    def let_go(self, event, one):
        self.held[event.agent].remove(one)
