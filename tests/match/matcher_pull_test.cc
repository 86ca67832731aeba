// Goal: an agent is given what it pulls, and what is pulled only goes to nobody
// else; a class's id may stand for one kind of class after the other.
// Method: small cores driven by hand; decisions are collected by the sink.

#include <cstdint>
#include <set>
#include <utility>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/match/matcher.h"
#include "tests/match/collector.h"

namespace relais::match {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Contacts final : public PullFilter {
 public:
  explicit Contacts(std::set<std::uint32_t> wanted)
      : wanted_(std::move(wanted)) {}
  bool Wants(std::uint32_t contact) const override {
    return wanted_.contains(contact);
  }

 private:
  const std::set<std::uint32_t> wanted_;
};

// Class 0 is offered, classes 1 and 2 are pulled only, class 2 is of kind 1;
// lane i serves class i. Agent 0 has room for two.
class MatcherPullTest : public ::testing::Test {
 protected:
  MatcherPullTest() {
    matcher_.SetProfileClass(0);
    for (std::uint32_t c = 0; c < 3; ++c) {
      matcher_.SetRequirementClass(c, c == 2 ? 1 : 0, 0, c > 0);
      matcher_.SetFit(c, 0, 1);
      matcher_.SetLane(c, c);
    }
    Tell(1, 3);
  }

  void Tell(std::uint32_t revision, std::uint8_t kinds, bool ranked = false) {
    AgentTerms terms{kinds, 0, 0};
    terms.capacity = 2;
    terms.ranked = ranked;
    matcher_.Update(0, revision, terms, 0, sink_);
  }
  void Submit(std::uint32_t slot, std::uint32_t lane, std::int64_t key) {
    matcher_.Submit(slot, matcher_.Open(slot), {lane, key, slot + 1}, sink_);
  }
  Result Pull(std::set<std::uint32_t> wanted) {
    return matcher_.Pull(0, Contacts(std::move(wanted)), sink_);
  }

  Matcher matcher_{Sizes{16, 2, 3, 2, 3}};
  Collector sink_;
};

TEST_F(MatcherPullTest, TheFirstForTheAgentOfThoseWanted) {
  Submit(0, 1, 5);
  Submit(1, 1, 6);
  Submit(2, 2, 4);
  EXPECT_THAT(sink_.Pairs(), IsEmpty());
  EXPECT_EQ(Pull({1, 2}), Result::kOk);
  ASSERT_EQ(sink_.decisions.size(), 1U);
  EXPECT_TRUE(sink_.decisions[0].pulled);
  EXPECT_EQ(sink_.decisions[0].requirement_class, 2U);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(2u, 0u)));
  EXPECT_EQ(Pull({1}), Result::kOk);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(1u, 0u)));
  EXPECT_EQ(Pull({0}), Result::kNotAllowed);  // no room
}

TEST_F(MatcherPullTest, RanksComeBeforeKeys) {
  matcher_.SetFit(1, 0, 1, 3);
  Tell(2, 3, true);
  Submit(0, 1, 5);
  Submit(1, 2, 9);
  EXPECT_EQ(Pull({0, 1}), Result::kOk);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(1u, 0u)));
}

TEST_F(MatcherPullTest, OneContact) {
  Submit(0, 1, 5);
  Submit(1, 1, 6);
  const ContactWord waiting = matcher_.Contact(1);
  EXPECT_EQ(matcher_.PullContact(0, 1, waiting, sink_), Result::kOk);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(1u, 0u)));
  EXPECT_EQ(matcher_.PullContact(0, 1, waiting, sink_), Result::kStale);
  EXPECT_EQ(matcher_.PullContact(0, 1, matcher_.Contact(1), sink_),
            Result::kNotAllowed);
  matcher_.SetFit(1, 0, 0);
  EXPECT_EQ(matcher_.PullContact(0, 0, matcher_.Contact(0), sink_),
            Result::kNotAllowed);
  EXPECT_EQ(matcher_.PullContact(0, 16, waiting, sink_), Result::kOutOfRange);
  EXPECT_EQ(matcher_.PullContact(2, 1, waiting, sink_), Result::kOutOfRange);
}

TEST_F(MatcherPullTest, NotWhatTheAgentIsNotOpenForOrDeclined) {
  Submit(0, 1, 5);
  Tell(2, 2);
  EXPECT_EQ(Pull({0}), Result::kNotAllowed);
  Tell(3, 3);
  matcher_.SetExclusion(0, 0, 0, 1);
  EXPECT_EQ(Pull({0}), Result::kNotAllowed);
  EXPECT_EQ(matcher_.PullContact(0, 0, matcher_.Contact(0), sink_),
            Result::kNotAllowed);
  matcher_.SetExclusion(0, 0, Matcher::kNobody, 2);
  EXPECT_EQ(Pull({0}), Result::kOk);
}

// What another call has claimed is not waited for.
TEST_F(MatcherPullTest, AnAgentUnderAClaimIsNotWaitedFor) {
  class PullsAgain final : public Collector {
   public:
    explicit PullsAgain(Matcher* matcher) : matcher_(matcher) {}
    void OnDecision(const Decision& decision) override {
      Collector::OnDecision(decision);
      inner = matcher_->Pull(0, Contacts({1}), *this);
    }
    Result inner = Result::kOk;

   private:
    Matcher* const matcher_;
  };
  Submit(0, 1, 5);
  Submit(1, 1, 6);
  PullsAgain sink(&matcher_);
  EXPECT_EQ(matcher_.Pull(0, Contacts({0}), sink), Result::kOk);
  EXPECT_EQ(sink.inner, Result::kStale);
  EXPECT_EQ(Pull({1}), Result::kOk);
}

// Its first contact was pulled; what is offered and fits beside it comes by
// itself.
TEST_F(MatcherPullTest, TheReleaseLooks) {
  Tell(2, 2);
  Submit(0, 0, 5);  // of kind 0
  Submit(1, 2, 6);
  AgentTerms terms{3, 0, 0};
  terms.capacity = 2;
  class OpensOnDecision final : public Collector {
   public:
    OpensOnDecision(Matcher* matcher, const AgentTerms& terms)
        : matcher_(matcher), terms_(terms) {}
    void OnDecision(const Decision& decision) override {
      Collector::OnDecision(decision);
      if (decisions.size() == 1) matcher_->Update(0, 3, terms_, 0, *this);
    }

   private:
    Matcher* const matcher_;
    const AgentTerms terms_;
  } sink(&matcher_, terms);
  EXPECT_EQ(matcher_.Pull(0, Contacts({1}), sink), Result::kOk);
  EXPECT_THAT(sink.Pairs(), ElementsAre(std::pair(1u, 0u), std::pair(0u, 0u)));
}

// An id stands for a class that is offered, then for one that is not, and back.
TEST_F(MatcherPullTest, AnIdMayStandForEither) {
  matcher_.SetRequirementClass(0, 0, 0, true);
  matcher_.SetFit(0, 0, 1);
  Submit(0, 0, 5);
  EXPECT_THAT(sink_.Pairs(), IsEmpty());
  Tell(2, 3);
  EXPECT_THAT(sink_.Pairs(), IsEmpty());
  EXPECT_EQ(Pull({0}), Result::kOk);
  sink_.decisions.clear();
  matcher_.SetRequirementClass(0, 0, 0, false);
  matcher_.SetFit(0, 0, 1);
  Submit(1, 0, 6);
  EXPECT_THAT(sink_.Pairs(), ElementsAre(std::pair(1u, 0u)));
}

}  // namespace
}  // namespace relais::match
