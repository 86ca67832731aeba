// Bytes of events and live records, and back.

#include "lib/journal/codec.h"

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/base/random.h"
#include "lib/journal/bytes.h"
#include "lib/journal/digest.h"
#include "lib/journal/journal.pb.h"
#include "lib/journal/live_records.h"
#include "tests/journal/any_values.h"
#include "tests/journal/describe.h"
#include "tests/journal/history.h"

namespace relais::journal {
namespace {

using ::testing::HasSubstr;

constexpr std::uint64_t kUintMax = std::numeric_limits<std::uint64_t>::max();

std::string BytesOf(const NumberedEvent& numbered) {
  std::string bytes;
  AppendEvent(numbered.event, numbered.detail, &bytes);
  return bytes;
}

// What is written without messages is what these would have written.
template <typename Message>
void ExpectAsTheLibraryWritesIt(const std::string& bytes) {
  Message message;
  ASSERT_TRUE(message.ParseFromString(bytes));
  ASSERT_EQ(message.GetReflection()->GetUnknownFields(message).field_count(),
            0);
  ASSERT_EQ(absl::BytesToHexString(message.SerializeAsString()),
            absl::BytesToHexString(Text(bytes)));
}

class EventCodecTest : public ::testing::TestWithParam<int> {};

TEST_P(EventCodecTest, ComesBackWithEveryField) {
  const auto type = static_cast<EventType>(GetParam());
  Random random(static_cast<std::uint64_t>(GetParam()));
  for (int i = 0; i < 300; ++i) {
    const NumberedEvent event = AnyNumbered(random, type);
    const std::string bytes = BytesOf(event);
    ExpectAsTheLibraryWritesIt<v1::Event>(bytes);
    const auto back = DecodeEvent(bytes);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(Describe(*back), Describe(event));
    EXPECT_EQ(BytesOf(*back), bytes);
  }
}

// Damage is refused, or gives an event that has exactly these bytes.
TEST_P(EventCodecTest, NoDamageIsReadAsAnother) {
  const auto type = static_cast<EventType>(GetParam());
  Random random(static_cast<std::uint64_t>(GetParam()) + 100);
  int refused = 0;
  for (int i = 0; i < 2'000; ++i) {
    std::string bytes = BytesOf(AnyNumbered(random, type));
    switch (random.Uniform(3)) {
      case 0:
        bytes.resize(random.Uniform(bytes.size()));
        break;
      case 1:
        bytes[random.Uniform(bytes.size())] ^=
            static_cast<char>(1 << random.Uniform(8));
        break;
      default:
        bytes.insert(random.Uniform(bytes.size()), AnyText(random, 20));
    }
    const auto back = DecodeEvent(bytes);
    refused += back.ok() ? 0 : 1;
    if (back.ok()) {
      EXPECT_EQ(BytesOf(*back), bytes);
    }
  }
  EXPECT_GT(refused, 100);
}

INSTANTIATE_TEST_SUITE_P(AllTypes, EventCodecTest,
                         ::testing::Range(1, static_cast<int>(kEventTypeLast) +
                                                 1));

TEST(CodecTest, EventOfThisVersionHasTheseBytes) {
  Event event;
  event.sequence = 300;
  event.type = EventType::kReservationDeclined;
  event.at_ms = 1'700'000'000'123;
  event.contact_id.Assign("c1");
  event.contact_version = 3;
  event.queue.Assign("loans");
  event.channel = Channel::kChat;
  event.rank_key_ms = -1;
  event.agent_id.Assign("ann");
  event.agent_version = 7;
  event.presence = {PresenceState::kNotReady, NotReadyReason::kMeal};
  event.attempt = 2;
  event.at_once = true;
  const std::string version_1 =
      "08ac02100618f6a1abfef9622a02633130034a056c6f616e7350026801"
      "7a03616e6e8001078a010408021002c00102880201";
  EXPECT_EQ(absl::BytesToHexString(Text(BytesOf({event, {}}))), version_1);
  event.units = 34;
  EXPECT_EQ(absl::BytesToHexString(Text(BytesOf({event, {}}))),
            absl::StrCat(version_1, "a80222"));
}

// What version 1 wrote is read as what held then, and what it did not know is
// refused in its records.
TEST(CodecTest, EventsOfVersionOne) {
  Event event;
  event.type = EventType::kConfigurationApplied;
  auto configuration = std::make_shared<Configuration>();
  configuration->routing_profiles = {{"desk", 0xFF}};
  std::string bytes;
  AppendEvent(event, {nullptr, configuration, nullptr}, &bytes, 1);
  EXPECT_EQ(absl::BytesToHexString(Text(bytes)),
            "10019a020b1a090a046465736b10ff01");
  EXPECT_FALSE(DecodeEvent(bytes).ok()) << "in a record of this version";
  const auto back = DecodeEvent(bytes, 1);
  ASSERT_TRUE(back.ok()) << back.status();
  RoutingProfile one_contact{"desk", 0xFF};
  one_contact.cost_units.fill(kCapacityUnitsMax);
  EXPECT_THAT(back->detail.configuration->routing_profiles,
              ::testing::ElementsAre(one_contact));
  EXPECT_FALSE(
      DecodeEvent(BytesOf({event, {nullptr, configuration, nullptr}}), 1).ok());

  event = Event();
  event.type = EventType::kReservationCreated;
  event.units = 34;
  EXPECT_TRUE(DecodeEvent(BytesOf({event, {}}), 2).ok());
  EXPECT_FALSE(DecodeEvent(BytesOf({event, {}}), 1).ok());

  event = Event();
  event.type = EventType::kAgentChanged;
  const auto agent = std::make_shared<AgentConfiguration>();
  EXPECT_TRUE(DecodeEvent(BytesOf({event, {nullptr, nullptr, agent}}), 2).ok());
  EXPECT_FALSE(
      DecodeEvent(BytesOf({event, {nullptr, nullptr, agent}}), 1).ok());
}

TEST(CodecTest, AnAgentOfVersionOneHoldsAtMostOneContact) {
  v1::LiveAgent message;
  message.set_version(7);
  auto back = DecodeLiveAgent(message.SerializeAsString());
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_THAT(back->held, ::testing::IsEmpty());
  message.set_work_state(3);
  message.set_contact_id("c1");
  message.set_attempt(2);
  message.set_wrap_up_ends_ms(9'000);
  back = DecodeLiveAgent(message.SerializeAsString());
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_THAT(back->held,
              ::testing::ElementsAre(HeldContact{
                  "c1", Channel::kVoice, WorkState::kWrapUp, 2, 100, 9'000}));
}

TEST(CodecTest, RefusesWhatItDoesNotWrite) {
  Event event;
  event.type = EventType::kPresenceChanged;
  const std::string bytes = BytesOf({event, {}});
  const auto message_of = [](const std::string& damaged) {
    return std::string(DecodeEvent(damaged).status().message());
  };
  EXPECT_TRUE(DecodeEvent(bytes).ok());
  // Field 50 is not known.
  EXPECT_THAT(message_of(bytes + std::string("\x90\x03\x01", 3)),
              HasSubstr("fields"));
  // Field 2 is the type; 100 is none, and the last one counts.
  EXPECT_THAT(message_of(std::string("\x10\x64", 2)),
              HasSubstr(absl::StrCat("type is 100, not in 0..",
                                     static_cast<int>(kEventTypeLast))));
  EXPECT_THAT(message_of(""), HasSubstr("type is 0"));
  EXPECT_THAT(message_of(bytes + std::string("\x82", 1)),
              HasSubstr("are not such a message"));
  // Field 5 is the contact's id: 129 bytes.
  EXPECT_THAT(message_of(bytes + "\x2a\x81\x01" + std::string(129, 'x')),
              HasSubstr("contact_id has 129 bytes, at most 128"));
}

LiveAgent AnyLiveAgent(Random& random) {
  LiveAgent agent;
  agent.version = Any(random);
  agent.presence = AnyPresence(random);
  agent.presence_pending = random.Bernoulli(0.5);
  agent.pending = AnyPresence(random);
  agent.no_answer_channels = static_cast<ChannelSet>(Any(random));
  agent.idle_since_ms = AnySigned(random);
  agent.idle_before_pause_ms = AnySigned(random);
  for (std::uint64_t n = random.Uniform(4); n > 0; --n) {
    agent.held.push_back({AnyText(random, 50),
                          AnyOf(random, Channel::kInternal),
                          AnyOf(random, WorkState::kWrapUp), Any(random),
                          static_cast<int>(random.Uniform(128)),
                          AnySigned(random), random.Bernoulli(0.5)});
  }
  agent.presence_configuration_version = Any(random);
  if (random.Bernoulli(0.5)) {
    agent.panel.piece = static_cast<std::int64_t>(Any(random) >> 1);
    for (std::uint32_t& count : agent.panel.pieces) {
      count = static_cast<std::uint32_t>(Any(random));
    }
  }
  if (random.Bernoulli(0.5)) {
    agent.figures.contacts = static_cast<std::uint32_t>(Any(random));
    agent.figures.offered = random.Bernoulli(0.5);
    agent.figures.last_offered_ms = AnySigned(random);
    agent.figures.occupied_since_ms = AnySigned(random);
    agent.figures.occupied_ms = AnySigned(random);
    agent.figures.piece = static_cast<std::int64_t>(Any(random) >> 1);
    for (std::uint32_t& pieces_ms : agent.figures.pieces_ms) {
      pieces_ms = static_cast<std::uint32_t>(Any(random));
    }
  }
  if (random.Bernoulli(0.3)) {
    agent.last_listed = AnyNumbered(random, EventType::kConfigurationApplied)
                            .detail.configuration;
  }
  return agent;
}

LiveContact AnyLiveContact(Random& random) {
  LiveContact contact;
  contact.detail = AnyDetail(random);
  contact.arrival_ms = AnySigned(random);
  contact.version = Any(random);
  contact.state = AnyOf(random, ContactState::kAssigned);
  contact.at_once = random.Bernoulli(0.5);
  contact.placed = random.Bernoulli(0.5);
  contact.rank_key_ms = AnySigned(random);
  contact.arrival_sequence = Any(random);
  contact.agent_id = AnyText(random, 50);
  contact.attempt = Any(random);
  contact.fit_step = static_cast<std::uint8_t>(Any(random));
  contact.tutor_id = AnyText(random, 50);
  contact.ring = static_cast<std::uint8_t>(Any(random));
  contact.held_for = AnyText(random, 50);
  contact.held_since_ms = AnySigned(random);
  contact.held_until_ms = AnySigned(random);
  contact.over_share = random.Bernoulli(0.5);
  contact.idle_since_ms = AnySigned(random);
  contact.offer_expires_ms = AnySigned(random);
  contact.accepted_ms = AnySigned(random);
  for (std::uint64_t n = random.Uniform(4); n > 0; --n) {
    contact.declines.push_back({AnyText(random, 50), AnySigned(random)});
  }
  return contact;
}

TEST(CodecTest, LiveRecordsComeBack) {
  Random random(5);
  for (int i = 0; i < 300; ++i) {
    LiveState state;
    const LiveContact contact = AnyLiveContact(random);
    ExpectAsTheLibraryWritesIt<v1::LiveContact>(EncodeLiveContact(contact));
    ExpectAsTheLibraryWritesIt<v1::ContactDetail>(
        EncodeContactDetail(*contact.detail));
    auto back = DecodeLiveContact(EncodeLiveContact(contact));
    ASSERT_TRUE(back.ok()) << back.status();
    const auto detail =
        DecodeContactDetail(EncodeContactDetail(*contact.detail));
    ASSERT_TRUE(detail.ok()) << detail.status();
    back->detail = *detail;
    LiveState read;
    state.contacts["x"] = contact;
    read.contacts["x"] = *back;

    const LiveAgent& agent = state.agents["a"] = AnyLiveAgent(random);
    ExpectAsTheLibraryWritesIt<v1::LiveAgent>(EncodeLiveAgent(agent));
    const auto agent_back = DecodeLiveAgent(EncodeLiveAgent(agent));
    ASSERT_TRUE(agent_back.ok()) << agent_back.status();
    read.agents["a"] = *agent_back;

    state.queues["q"] = {Any(random), Any(random), Any(random)};
    ExpectAsTheLibraryWritesIt<v1::LiveQueue>(
        EncodeLiveQueue(state.queues["q"]));
    read.queues["q"] = *DecodeLiveQueue(EncodeLiveQueue(state.queues["q"]));

    EndedContact ended;
    ended.fingerprint = {Any(random), Any(random)};
    ended.queue = AnyText(random, 50);
    ended.channel = AnyOf(random, Channel::kInternal);
    ended.priority = static_cast<std::uint8_t>(Any(random));
    ended.end_reason = AnyOf(random, EndReason::kLeaseExpired);
    ended.version = Any(random);
    ended.arrival_ms = AnySigned(random);
    ended.rank_key_ms = AnySigned(random);
    ended.ended_ms = AnySigned(random);
    ended.at_once = random.Bernoulli(0.5);
    state.ended.push_back(ended);
    ExpectAsTheLibraryWritesIt<v1::EndedContact>(EncodeEndedContact(ended));
    const auto ended_back = DecodeEndedContact(EncodeEndedContact(ended));
    ASSERT_TRUE(ended_back.ok()) << ended_back.status();
    read.ended.push_back(*ended_back);
    EXPECT_EQ(Describe(read), Describe(state));
  }
}

TEST(CodecTest, MetaComesBackAndAnotherVersionIsReadAsItsNumber) {
  Meta meta;
  meta.format_version = kFormatVersion;
  meta.partition = 3;
  meta.epoch = 4;
  meta.time_scaled = true;
  meta.first_sequence = 5;
  meta.last_sequence = 6;
  meta.last_at_ms = 7;
  meta.arrival_sequence = 8;
  meta.configuration_version = 9;
  meta.head = std::string(32, '\xFF');
  meta.contacts = 10;
  meta.agents = 11;
  meta.queues = 12;
  meta.ended = kUintMax;
  meta.clock = {std::string(36, 'b'), -1, std::int64_t{1} << 62};
  auto back = DecodeMeta(EncodeMeta(meta));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(*back, meta);
  meta.format_version = kFormatVersion + 1;
  back = DecodeMeta(EncodeMeta(meta) + std::string("\x90\x03\x01", 3));
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(back->format_version, kFormatVersion + 1);
}

TEST(DigestTest, IsThatOfTheStandards) {
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283U);
  EXPECT_EQ(Crc32c("1234", "56789"), 0xE3069283U);
  EXPECT_EQ(Crc32cByTable("1234", "56789"), 0xE3069283U);
  Random random(3);
  for (int i = 0; i < 300; ++i) {
    const std::string first = AnyText(random, 40);
    const std::string second = AnyText(random, 90);
    EXPECT_EQ(Crc32c(first, second), Crc32cByTable(first, second));
    EXPECT_EQ(Crc32c(first + second), Crc32c(first, second));
  }
  EXPECT_EQ(absl::BytesToHexString(Text(Sha256("abc"))),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(LiveRecordTest, EveryFlippedBitIsSeen) {
  const std::string sealed = SealLive("cid", "message");
  ASSERT_TRUE(OpenLive("cid", sealed).ok());
  EXPECT_FALSE(OpenLive("cie", sealed).ok());
  for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
    std::string damaged = sealed;
    damaged[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    EXPECT_FALSE(OpenLive("cid", damaged).ok()) << bit;
  }
  EXPECT_FALSE(OpenLive("cid", "abc").ok());
}

}  // namespace
}  // namespace relais::journal
