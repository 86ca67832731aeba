// Queueing systems whose figures are known exactly, and what the driver makes
// of them. Instants and durations are minutes, as doubles.
//
// Thread safety: plain values.

#ifndef RELAIS_TESTS_TRUTH_MODEL_H_
#define RELAIS_TESTS_TRUTH_MODEL_H_

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace relais::truth {

// How long a customer waits before it leaves.
struct Patience {
  enum class Law { kNever, kExponential, kFixed };
  Law law = Law::kNever;
  double mean = 0;
};

struct Model {
  std::vector<double> arrival_rate;  // of each class
  std::vector<Patience> patience;    // of each class
  std::vector<int> agents;           // of each group
  // [group][class]; 0: this group does not serve that class.
  std::vector<std::vector<double>> service_rate;
  // Contacts of each class that an agent may have in hand at once, sharing its
  // capacity evenly: one of three takes a third, one alone all of it. Empty:
  // one each.
  std::vector<int> at_once;
  // Times the service rate of each contact when 1, 2 ... are in hand. Empty: 1.
  std::vector<double> rate_at_load;
  // Whether an arrival goes to the agent with the most in hand, or the least.
  bool packs = false;
  // [class]: the groups in the order in which an arriving contact tries them.
  std::vector<std::vector<int>> route;
  // A freed agent takes the contact with the earliest arrival less its class's
  // head start: 0 for all is the longest waiting first, one beyond any wait a
  // static priority. Of each class.
  std::vector<double> head_start;
  // [group]: the classes in the order in which its freed agents take them,
  // whatever came first; first come first served inside a class. Empty: by
  // arrival and head start.
  std::vector<std::vector<int>> prefs;
  // Waiting places of all classes together; who finds no agent and no place is
  // turned away by the driver, since a router has no such limit.
  std::optional<int> room;
  std::vector<double> threshold;  // of the service level, of each class
  // How long a contact of the class waits before agents who could take it are
  // given no more of those of which several may be in hand; less than 0: they
  // are. Empty: for all.
  std::vector<double> drain_after;

  std::size_t classes() const { return arrival_rate.size(); }
  std::size_t groups() const { return agents.size(); }
};

// What is compared: of accepted contacts, but for the first.
enum class Quantity {
  kBlocked,                // turned away / all arrivals
  kWaited,                 // not answered at once
  kAbandoned,              // left before they were answered
  kAnswerSpeed,            // mean wait of the answered
  kMeanWait,               // mean wait of all
  kServedOverAccepted,     // answered within t / accepted
  kOfServed,               // answered within t / answered
  kExcludingShortAbandons  // answered within t / accepted less those who left
                           // before t
};
inline constexpr std::size_t kQuantityCount = 8;
const char* NameOf(Quantity quantity);

using Figures = std::array<double, kQuantityCount>;

// A model and its exact figures, class by class.
struct ExactCase {
  std::string id;    // in the literature of docs: "MC07"
  std::string note;  // what it is about
  Model model;
  std::vector<Figures> exact;
  // How much longer than others it is driven: where waits come in rare bursts,
  // a replication needs many of them before the spread of replications tells
  // the error.
  double effort_factor = 1;
};

// Of exact_cases.cc.
std::vector<ExactCase> ExactCases();

}  // namespace relais::truth

#endif  // RELAIS_TESTS_TRUTH_MODEL_H_
