"""Goal: the checker of relais-crash says no when it should.
Method: a small sound journal and log, made here from docs/journal-format.md,
pass; the same with one fault planted are refused, and the fault is named. The
doctored records are sealed and chained again, so that what they say is at
fault and not their bytes.
"""

import json
import types
import unittest

import journal_builder as builder
from auditor import (ACCEPTED, CHANNELS, CONFIGURED, CREATED, ENDED, REMOVED,
                     RESCINDED, SUBMITTED, WRAP_UP_ENDED, Auditor, Damage)
from crash_checker import CrashChecker, FastReplay


LAST = 16  # the number of the story's last event
EMAIL, CHAT = CHANNELS.index("EMAIL"), CHANNELS.index("CHAT")


def story(doctor=None):
    one = builder.Story()
    one.configured()
    one.signed_in(b"anna")
    one.signed_in(b"bela")
    one.submitted(b"c1")
    one.created(b"c1", b"anna")
    one.accepted(b"c1", b"anna", 2)
    one.submitted(b"c2")
    one.completed(b"c1", b"anna", 2)
    one.wrap_up_ended(b"c1", b"anna", 2)
    one.created(b"c2", b"bela")
    one.submitted(b"c3", EMAIL)
    one.submitted(b"c4", EMAIL)
    one.created(b"c3", b"anna")
    one.accepted(b"c3", b"anna", 2)
    one.created(b"c4", b"anna")
    one.completed(b"c3", b"anna", 2)
    if doctor is not None:
        doctor(one)
    return one


def contact_ask(contact, priority=0):
    ask = {"id": contact, "queue": "accounts", "channel": "CHANNEL_VOICE",
           "attributes": {"caller": "+33"}}
    if priority:
        ask["priority"] = priority
    return {"contact": ask}


SUBMIT_ANSWER = {"arrivalMs": str(builder.NOW_MS), "eventSequence": str(LAST)}
OFFER = {"agentId": "bela", "contact": {"id": "c2"}, "attempt": "2",
         "arrivalMs": str(builder.NOW_MS),
         "expiresMs": str(builder.NOW_MS + 9_000)}
ACCEPT = {"accept": {"agentId": "anna", "contactId": "c1", "attempt": "2"}}
AGENT = {"id": "anna", "presence": {"state": "PRESENCE_STATE_AVAILABLE"},
         "workState": "WORK_STATE_IDLE", "version": "5",
         "idleSinceMs": str(builder.NOW_MS + 1)}
EMAIL_HELD = {"channel": "CHANNEL_EMAIL", "attempt": "2", "units": 30}
BUSY = {**AGENT, "workState": "WORK_STATE_WRAP_UP", "version": "9", "held": [
    {**EMAIL_HELD, "contactId": "c3", "state": "WORK_STATE_WRAP_UP",
     "wrapUpEndsMs": str(builder.NOW_MS + 61_500)},
    {**EMAIL_HELD, "contactId": "c4", "state": "WORK_STATE_RESERVED"}]}
CONTACT = {"contact": {"id": "c2", "queue": "accounts",
                       "channel": "CHANNEL_VOICE"},
           "state": "CONTACT_STATE_RESERVED", "version": "2",
           "arrivalMs": str(builder.NOW_MS), "agentId": "bela",
           "attempt": "2"}
STREAMED = {"sequence": "6", "type": "EVENT_TYPE_RESERVATION_ACCEPTED",
            "atMs": str(builder.NOW_MS + 500),
            "contact": {"id": "c1", "version": "3",
                        "state": "CONTACT_STATE_ASSIGNED"},
            "agent": {"id": "anna", "version": "3",
                      "workState": "WORK_STATE_HANDLING"},
            "reservation": {"attempt": "2", "units": 60}}


def sound_log():
    return [
        *builder.answered(1, "SubmitContact", contact_ask("c1"),
                          SUBMIT_ANSWER),
        *builder.answered(2, "AcceptOffer", ACCEPT, {"eventSequence": "6"}),
        *builder.answered(3, "CompleteContact", {"contactId": "c1"},
                          {"version": "4", "eventSequence": "8"}),
        *builder.answered(4, "EndWrapUp",
                          {"agentId": "anna", "contactId": "c1"},
                          {"version": "5", "eventSequence": "9"}),
        *builder.answered(5, "SignIn", {"agentId": "bela"},
                          {"version": "1", "eventSequence": "3"}),
        *builder.answered(6, "GetAgent", {"agentId": "anna"},
                          {"agent": AGENT}),
        *builder.answered(7, "GetContact", {"contactId": "c2"},
                          {"contact": CONTACT}),
        *builder.answered(8, "GetAgent", {"agentId": "anna"},
                          {"agent": BUSY}),
        json.dumps({"life": 1, "offer": OFFER}),
        json.dumps({"life": 1, "events": [STREAMED]}),
    ]


class World:
    """A journal with its live records, to be doctored and checked."""

    def __init__(self, doctor=None):
        # Live records as after the sound story; a doctored one's may differ.
        self.records = builder.records(story(doctor).events)
        replay = FastReplay()
        for event in story().events:
            replay.apply(event, (builder.RETENTION_MS, 1000))
        self.live = builder.live(replay, self.records[max(self.records)])
        self.side = builder.side(len(self.records))
        self.log = sound_log()

    def problems(self):
        return CrashChecker().check(1, dict(self.records), self.live,
                                    self.side, {"client-0.log": self.log})


class CheckCrashTest(unittest.TestCase):
    def expect(self, words, problems):
        self.assertTrue(any(words in problem for problem in problems),
                        f"{words!r} is not among {problems}")

    def expect_of_events(self, words, doctor):
        self.expect(words, World(doctor).problems())

    def expect_of_log(self, words, *lines):
        world = World()
        world.log.extend(lines)
        problems = world.problems()
        self.expect(words, problems)
        self.assertEqual(len(problems), 1, problems)

    def test_sound(self):
        self.assertEqual(World().problems(), [])

    # --- The journal ---------------------------------------------------------

    def test_an_event_is_removed(self):
        world = World()
        del world.records[6]
        self.expect("record of event 7: the chain is broken", world.problems())

    def test_an_event_is_removed_and_the_rest_chained_again(self):
        def doctor(one):
            del one.events[5]
        self.expect_of_events("record of event 7: after 5", doctor)

    def test_an_event_is_removed_and_the_rest_numbered_again(self):
        def doctor(one):
            del one.events[5]
            for i, event in enumerate(one.events):
                event["sequence"] = i + 1
        self.expect_of_events("leaves out a version", doctor)

    def test_the_end_is_cut_off(self):
        world = World()
        del world.records[LAST]
        self.expect(f"event {LAST} was acknowledged, the records end with "
                    f"{LAST - 1}",
                    world.problems())

    def test_a_byte_is_flipped(self):
        world = World()
        data = bytearray(world.records[4])
        data[120] ^= 1
        world.records[4] = bytes(data)
        self.expect("record of event 4: byte 8: crc32c", world.problems())

    def test_a_contact_is_accepted_twice(self):
        def doctor(one):
            one.accepted(b"c2", b"bela", 2)
            one.accepted(b"c2", b"bela", 2)
        self.expect_of_events("do not hold each other", doctor)

    def test_a_contact_is_reserved_twice(self):
        def doctor(one):
            one.created(b"c2", b"anna")
        self.expect_of_events("its contact does not wait", doctor)

    def test_an_agent_is_over_capacity(self):
        def doctor(one):
            one.submitted(b"c9")
            one.created(b"c9", b"bela")
        self.expect_of_events(
            "its agent holds 2 contacts of 120 units", doctor)

    def test_an_agent_is_over_the_capacity_that_is_configured(self):
        def doctor(one):
            one.submitted(b"c9", EMAIL)
            one.created(b"c9", b"bela")
        self.expect_of_events(
            "agent bela is over capacity: c9 (EMAIL, 30 units) besides c2 "
            "(VOICE, 60 units); 90 units of 70", doctor)

    def test_an_agent_has_more_of_a_channel_than_is_configured(self):
        def doctor(one):
            one.accepted(b"c2", b"bela", 2)
            one.completed(b"c2", b"bela", 2)
            one.wrap_up_ended(b"c2", b"bela", 2)
            for contact in (b"c8", b"c9"):
                one.submitted(contact, CHAT)
                one.created(contact, b"bela")
        self.expect_of_events("(CHAT, 30 units) besides c8 (CHAT, 30 units); "
                              "2 of CHAT, at most 1", doctor)

    def test_a_wrap_up_holds_its_units(self):
        def doctor(one):
            one.submitted(b"c9")
            one.created(b"c9", b"anna")
        # A call may have been to interrupt an e-mail; the configuration says that
        # it was not.
        self.expect_of_events("over capacity: c9 (VOICE, 60 units) besides c3 "
                              "(EMAIL, 30 units), c4 (EMAIL, 30 units); 120 "
                              "units of 100", doctor)

    def test_the_configuration_before_may_count(self):
        def doctor(one):
            one.submitted(b"c9", EMAIL)
            one.configured(anna=60)
            one.created(b"c9", b"anna")
        self.assertFalse([problem for problem in World(doctor).problems()
                          if "over capacity" in problem])

        def again(one):
            one.submitted(b"c9", EMAIL)
            one.configured(anna=60)
            one.configured(anna=60)
            one.created(b"c9", b"anna")
        self.expect_of_events("90 units of 60", again)

    def test_a_contact_takes_what_its_channel_does_not_cost(self):
        def doctor(one):
            one.submitted(b"c9", EMAIL)
            one.created(b"c9", b"anna")
            one.events[-1]["units"] = 29
        self.expect_of_events("it takes 30 units", doctor)

    def test_a_contact_takes_other_units_later(self):
        def doctor(one):
            one.accepted(b"c4", b"anna", 2)
            one.events[-1]["units"] = 29
        self.expect_of_events("has c4 (EMAIL, 30 units), and 29 are told",
                              doctor)

    def test_another_wrap_up_ends(self):
        def doctor(one):
            one.accepted(b"c4", b"anna", 2)
            one.wrap_up_ended(b"c4", b"anna", 2)
        self.expect_of_events("its agent does not hold its contact so", doctor)

    def test_an_agents_work_is_told_of_one_contact_only(self):
        def doctor(one):
            one.accepted(b"c4", b"anna", 2)
            one.events[-1]["work_state"] = 3
        self.expect_of_events("its agent does other work", doctor)

    def test_a_contact_is_submitted_twice(self):
        def doctor(one):
            one.submitted(b"c1")
        self.expect_of_events("is submitted twice", doctor)

    def test_a_live_record_is_altered(self):
        world = World()
        replay = FastReplay()
        for event in story().events:
            replay.apply(event, (builder.RETENTION_MS, 1000))
        replay.contacts[b"c2"]["offer_expires_ms"] += 1
        world.live = builder.live(replay, world.records[LAST])
        self.expect("live record ('c', b'c2')", world.problems())

    def test_a_live_record_is_missing(self):
        world = World()
        del world.live[b"abela"]
        self.expect("the meta record counts other", world.problems())

    # --- From life to life ---------------------------------------------------

    def second(self, world, records, log=()):
        """The problems after a second life without events."""
        checker = CrashChecker()
        self.assertEqual(checker.check(1, dict(world.records), world.live,
                                       world.side, {}), [])
        if records is None:
            records = {LAST: world.records[LAST]}
        return checker.check(2, records, world.live, world.side,
                             {"client-0.log": log})

    def test_nothing_new_is_fine(self):
        world = World()
        self.assertEqual(self.second(world, None), [])

    def test_the_last_record_is_gone_after_a_restart(self):
        self.expect(f"record of event {LAST}: is no longer",
                    self.second(World(), {}))

    def test_the_last_record_is_another_after_a_restart(self):
        world = World()
        self.expect(f"record of event {LAST}: is no longer",
                    self.second(world, {LAST: world.records[9]}))

    def test_a_record_changes_later(self):
        world = World()
        checker = CrashChecker({1: (6, "00" * 32)})
        self.expect("the record that ended life 1 with event 6",
                    checker.check(2, dict(world.records), world.live,
                                  world.side, {}))

    # --- Acknowledgements ----------------------------------------------------

    def test_an_acknowledged_submission_is_not_there(self):
        self.expect_of_log("the journal has no such submission",
                           *builder.answered(9, "SubmitContact",
                                             contact_ask("c9"), SUBMIT_ANSWER))

    def test_an_acknowledged_submission_has_another_content(self):
        self.expect_of_log("the journal has ('accounts', 'VOICE', 0",
                           *builder.answered(9, "SubmitContact",
                                             contact_ask("c1", 3),
                                             SUBMIT_ANSWER))

    def test_an_answer_tells_of_events_that_are_not_there(self):
        self.expect_of_log(f"event {LAST + 1} was told of, the journal ended "
                           f"with {LAST}",
                           *builder.answered(9, "SubmitContact",
                                             contact_ask("c1"),
                                             {**SUBMIT_ANSWER,
                                              "eventSequence":
                                              str(LAST + 1)}))

    def test_an_answer_came_before_its_event(self):
        self.expect_of_log("the journal has no such end",
                           *builder.answered(9, "CompleteContact",
                                             {"contactId": "c1"},
                                             {"version": "4",
                                              "eventSequence": "7"}))

    def test_other_calls_whose_events_are_not_there(self):
        for call, ask, answer, words in [
                ("CancelContact", {"contactId": "c1"},
                 {"version": "4"}, "no such end"),
                ("CompleteContact", {"contactId": "c2"},
                 {"version": "3"}, "no such end"),
                ("AcceptOffer",
                 {"accept": {**ACCEPT["accept"], "attempt": "5"}}, {},
                 "no such answer to an offer"),
                ("DeclineOffer", {"decline": ACCEPT["accept"]}, {},
                 "no such answer to an offer"),
                ("SetPresence",
                 {"agentId": "anna",
                  "presence": {"state": "PRESENCE_STATE_NOT_READY"}},
                 {"version": "5"}, "the journal has ('AVAILABLE'"),
                ("SignIn", {"agentId": "anna"}, {"version": "16"},
                 "no such version"),
                ("EndWrapUp", {"agentId": "anna"}, {"version": "4"},
                 "no such end of wrap-up"),
                ("EndWrapUp", {"agentId": "anna", "contactId": "c3"},
                 {"version": "5"}, "no such end of wrap-up")]:
            with self.subTest(call=call, ask=ask):
                answer = {"eventSequence": str(LAST), **answer}
                self.expect_of_log(words,
                                   *builder.answered(9, call, ask, answer))

    def test_reads_that_show_what_is_not_there(self):
        for change, words in [
                ({"version": "17"}, "no such version"),
                ({"workState": "WORK_STATE_WRAP_UP"}, "the journal has (("),
                ({"idleSinceMs": "5"}, "idle since"),
                ({"pending": {"state": "PRESENCE_STATE_NOT_READY"}},
                 "the journal has ((")]:
            with self.subTest(change=change):
                self.expect_of_log(words, *builder.answered(
                    9, "GetAgent", {"agentId": "anna"},
                    {"agent": {**AGENT, **change}}))
        wrap_up, reserved = BUSY["held"]
        for held in [[], [wrap_up], [reserved, wrap_up],
                     [wrap_up, {**reserved, "units": 31}],
                     [wrap_up, {**reserved, "contactId": "c3"}],
                     [wrap_up, {**reserved, "channel": "CHANNEL_CHAT"}],
                     [wrap_up, {**reserved, "attempt": "3"}],
                     [wrap_up, {**reserved, "state": "WORK_STATE_HANDLING"}],
                     [{**wrap_up, "wrapUpEndsMs": "1"}, reserved]]:
            with self.subTest(held=held):
                self.expect_of_log("the journal has [('c3'", *builder.answered(
                    9, "GetAgent", {"agentId": "anna"},
                    {"agent": {**BUSY, "held": held}}))
        for change, words in [
                ({"version": "3"}, "no such version"),
                ({"state": "CONTACT_STATE_WAITING"}, "('RESERVED'"),
                ({"agentId": "anna"}, "the journal has bela"),
                ({"attempt": "1"}, "the journal has bela")]:
            with self.subTest(change=change):
                self.expect_of_log(words, *builder.answered(
                    9, "GetContact", {"contactId": "c2"},
                    {"contact": {**CONTACT, **change}}))

    def test_a_contact_that_is_alive_is_not_found(self):
        ask, _ = builder.answered(9, "GetContact", {"contactId": "c2"}, {})
        self.expect_of_log("the journal has it alive", ask, json.dumps(
            {"of": 9, "life": 1, "refused": "NOT_FOUND", "why": ""}))

    def test_a_retried_submission_is_refused(self):
        ask, _ = builder.answered(9, "SubmitContact", contact_ask("c2"), {})
        self.expect_of_log("must not be refused", ask, json.dumps(
            {"of": 9, "life": 1, "refused": "ALREADY_EXISTS", "why": ""}))

    def test_a_retry_of_what_was_done_is_refused(self):
        for call, ask in [
                ("CompleteContact", {"contactId": "c1"}),
                ("EndWrapUp", {"agentId": "anna", "contactId": "c1"}),
                ("AcceptOffer", {**ACCEPT, "requestId": "1"})]:
            with self.subTest(call=call):
                first, _ = builder.answered(9, call, ask, {})
                again, _ = builder.answered(
                    10, call, {k: "2" if k == "requestId" else v
                               for k, v in ask.items()}, {}, 2)
                unknown = json.dumps({"of": 9, "life": 1, "unknown": "gone"})
                refusal = json.dumps({
                    "of": 10, "life": 2, "refused": "FAILED_PRECONDITION",
                    "why": ""})
                self.expect("its retry must be answered so", self.second(
                    World(), None, [first, unknown, again, refusal]))
                self.assertEqual(self.second(World(), None, [again, refusal]),
                                 [], "it is no retry")

    def test_offers_and_events_that_are_not_there(self):
        for change, words in [({"attempt": "3"}, "no such reservation"),
                              ({"agentId": "anna"}, "no such reservation"),
                              ({"expiresMs": "1"}, "expire at")]:
            with self.subTest(change=change):
                self.expect_of_log(words, json.dumps(
                    {"life": 1, "offer": {**OFFER, **change}}))
        for change, words in [({"sequence": str(LAST + 1)},
                               "the journal has none"),
                              ({"reservation": {"units": 59}},
                               "the journal has 60 units"),
                              ({"sequence": "7"}, "streamed ("),
                              ({"type": "EVENT_TYPE_CONTACT_ENDED"},
                               "streamed (")]:
            with self.subTest(change=change):
                self.expect_of_log(words, json.dumps(
                    {"life": 1, "events": [{**STREAMED, **change}]}))

    # --- Capacity, from what was configured and submitted --------------------

    @staticmethod
    def event(kind, contact="", agent="", version=1, **more):
        event = types.SimpleNamespace(
            type=kind, contact=contact, agent=agent, contact_version=version,
            attempt=2, units=60, at_ms=0, brought_channel="VOICE",
            wrap_up_ms=0)
        event.__dict__.update(more)
        return event

    @staticmethod
    def configured(units=100, chat_max=0):
        profile = builder.profile(b"any", units, chat_max)
        return CheckCrashTest.event(CONFIGURED, profiles={
            "anna": profile, "bela": profile})

    def chat(self, contact, agent="anna", **more):
        """It comes and is reserved."""
        return [self.event(SUBMITTED, contact, brought_channel="CHAT", **more),
                self.event(CREATED, contact, agent, units=30)]

    def audited(self, events, words):
        with self.subTest(words=words):
            auditor = Auditor()
            for one in events[:-1]:
                auditor.apply(one)
            with self.assertRaisesRegex(Damage, words):
                auditor.apply(events[-1])

    def test_the_auditor_knows_who_holds_what(self):
        event = self.event
        begin = [self.configured(), event(SUBMITTED, "c1"),
                 event(CREATED, "c1", "anna")]
        accepted = begin + [event(ACCEPTED, "c1", "anna")]
        for events, words in [
                (accepted + [event(ACCEPTED, "c1", "bela")],
                 "accepted twice, by anna and bela"),
                (begin + [event(ACCEPTED, "c1", "bela")],
                 "for whom it is not reserved"),
                (begin + [event(CREATED, "c1", "bela")], "held by anna"),
                (accepted + [event(CREATED, "c1", "bela")], "held by anna"),
                (begin[:1] + [event(CREATED, "c1", "anna")],
                 "not being alive"),
                (begin + [event(SUBMITTED, "c1")], "while alive"),
                (accepted + [event(ENDED, "c1", "anna"),
                             event(ENDED, "c1", "anna")], "ends twice"),
                (begin + [event(RESCINDED, "c1", "anna"),
                          event(RESCINDED, "c1", "anna", 0)],
                 "does not have c1"),
                (begin + [event(ACCEPTED, "c1", "anna", attempt=3)],
                 "does not have c1, attempt 3"),
                (begin + [event(REMOVED, agent="anna")], "has something"),
                (accepted + [event(WRAP_UP_ENDED, "c1", "anna", 0)],
                 "does not have c1, attempt 2, WRAP_UP"),
                (accepted + [event(ENDED, "c1", "anna"),
                             event(WRAP_UP_ENDED, "c1", "anna", 0)],
                 "does not have c1, attempt 2, WRAP_UP")]:
            self.audited(events, words)

    def test_the_auditor_counts_units(self):
        event = self.event
        three = [one for i in "123" for one in self.chat(f"c{i}")]
        wrapped = self.chat("c1", wrap_up_ms=5) + [
            event(ACCEPTED, "c1", "anna", units=30),
            event(ENDED, "c1", "anna", units=30)]
        for events, words in [
                ([self.configured()] + three + self.chat("c4"),
                 "c4 .CHAT, 30 units. besides c1 .*c2 .*c3 .*120 units of 100"),
                ([self.configured(89)] + three, "90 units of 89"),
                ([self.configured(100, 2)] + three, "3 of CHAT, at most 2"),
                (self.chat("c1"), "besides nothing; it has no profile"),
                ([self.configured(), event(SUBMITTED, "c1"),
                  event(CREATED, "c1", "anna", units=30)], "takes 60 units"),
                ([self.configured(60)] + wrapped + self.chat("c2") +
                 self.chat("c3"), "c3 .*90 units of 60")]:
            self.audited(events, words)
        # Given back at the end of the wrap-up of that contact, of two with one
        # id the one that ends first.
        again = self.chat("c1", wrap_up_ms=3) + [
            event(ACCEPTED, "c1", "anna", units=30),
            event(ENDED, "c1", "anna", units=30)]
        over = event(WRAP_UP_ENDED, "c1", "anna", 0, units=30)
        auditor = Auditor()
        for one in [self.configured(60)] + wrapped + again + [over]:
            auditor.apply(one)
        self.assertEqual([one.wrap_up_ends_ms for one in auditor.held["anna"]],
                         [5])
        for one in self.chat("c2"):
            auditor.apply(one)


if __name__ == "__main__":
    unittest.main()
