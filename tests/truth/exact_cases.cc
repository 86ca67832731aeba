// The cases and their exact figures: parameters and values of closed forms and
// sparse Markov-chain solvers, handed down with the design and copied digit by
// digit.

#include "tests/truth/model.h"

namespace relais::truth {
namespace {

constexpr Patience kNever;

Patience Exponential(double mean) {
  return {Patience::Law::kExponential, mean};
}
Patience Fixed(double mean) { return {Patience::Law::kFixed, mean}; }

// Minutes. No contact of these systems waits that long.
constexpr double kBeyondAnyWait = 1'000;

ExactCase Ec05() {
  ExactCase one;
  one.id = "EC05";
  one.note = "one class, nobody leaves (Erlang C)";
  Model& m = one.model;
  m.arrival_rate = {10.0 / 3};
  m.patience = {kNever};
  m.agents = {14};
  m.service_rate = {{1.0 / 3}};
  m.route = {{0}};
  m.threshold = {1.0 / 3};
  one.exact = {{0, 0.17413193359504991, 0, 0.13059895019628742,
                0.13059895019628742, 0.8883500191794669, 0.8883500191794669,
                0.8883500191794669}};
  return one;
}

ExactCase Mk01() {
  ExactCase one;
  one.id = "MK01";
  one.note = "one class, one agent, three waiting places";
  Model& m = one.model;
  m.arrival_rate = {1};
  m.patience = {kNever};
  m.agents = {1};
  m.service_rate = {{1}};
  m.route = {{0}};
  m.room = 3;
  m.threshold = {1};
  one.exact = {{0.2, 0.7500000000000001, 0, 1.5, 1.5000000000000002,
                0.49416576838926674, 0.49416576838926674, 0.49416576838926674}};
  return one;
}

ExactCase Ea04() {
  ExactCase one;
  one.id = "EA04";
  one.note = "one class, exponential patience (Erlang A)";
  Model& m = one.model;
  m.arrival_rate = {4.2};
  m.patience = {Exponential(1)};
  m.agents = {12};
  m.service_rate = {{0.5}};
  m.route = {{0}};
  m.threshold = {1.0 / 3};
  one.exact = {{0, 0.12737228180874702, 0.029678905542373412,
                0.024060077009197902, 0.029678905542373412, 0.945269575558999,
                0.9741822381872153, 0.9678715387275045}};
  return one;
}

ExactCase Mg01() {
  ExactCase one;
  one.id = "MG01";
  one.note = "one class, everybody waits for one minute";
  Model& m = one.model;
  m.arrival_rate = {10.0 / 3};
  m.patience = {Fixed(1)};
  m.agents = {10};
  m.service_rate = {{1.0 / 3}};
  m.route = {{0}};
  m.threshold = {1.0 / 3};
  one.exact = {{0, 0.5421038047186905, 0.12510087801200553, 0.2383148618089522,
                0.333602341365348, 0.5968971708502044, 0.682246850921397,
                0.5968971708502044}};
  return one;
}

ExactCase Mc01() {
  ExactCase one;
  one.id = "MC01";
  one.note = "two classes, the first before the second, nobody leaves";
  Model& m = one.model;
  m.arrival_rate = {0.9, 0.9};
  m.patience = {kNever, kNever};
  m.agents = {5};
  m.service_rate = {{0.5, 0.5}};
  m.route = {{0}, {0}};
  m.head_start = {kBeyondAnyWait, 0};
  m.threshold = {0.5, 0.5};
  one.exact = {
      {0, 0.41039380749226106, 0, 0.2564961296826619, 0.25649612968266294,
       0.8155981755993784, 0.8155981755993787, 0.8155981755993784},
      {0, 0.41039380748558313, 0, 0.916057604845812, 0.9160576048458136,
       0.6948781254335358, 0.6948781254335366, 0.6948781254335358}};
  return one;
}

ExactCase Mc04() {
  ExactCase one;
  one.id = "MC04";
  one.note = "two classes, longest waiting first, other services and patience";
  Model& m = one.model;
  m.arrival_rate = {0.6, 0.9};
  m.patience = {Exponential(2), Exponential(5)};
  m.agents = {4};
  m.service_rate = {{0.5, 0.3}};
  m.route = {{0}, {0}};
  m.room = 8;
  m.threshold = {1.0 / 3, 1.0 / 3};
  one.exact = {{0.002231391054883281, 0.6318392751411751, 0.2996614450489573,
                0.4876048159979921, 0.5993228900979146, 0.44779416684365747,
                0.639396708460468, 0.49237404042783295},
               {0.002231391054883281, 0.6318392751411751, 0.16042005413585725,
                0.7451875313933892, 0.8021002706792861, 0.4517914199622612,
                0.5381160212173157, 0.4696326045807544}};
  return one;
}

ExactCase Mc05() {
  ExactCase one;
  one.id = "MC05";
  one.note = "first class to both groups, second to one, which prefers it";
  Model& m = one.model;
  m.arrival_rate = {1.2, 0.8};
  m.patience = {Exponential(2.5), Exponential(2.5)};
  m.agents = {3, 3};
  m.service_rate = {{0.5, 0}, {0.5, 0.5}};
  m.route = {{0, 1}, {1}};
  m.prefs = {{0}, {1, 0}};
  m.threshold = {1.0 / 3, 1.0 / 3};
  one.exact = {{0, 0.17573832311824694, 0.036437753114936765,
                0.0754866951259646, 0.09109438278734192, 0.8890984879491352,
                0.9227203440393712, 0.9048266982447534},
               {0, 0.38026441995226695, 0.10595439696751657,
                0.21838479748762443, 0.2648859924187914, 0.7171606180016626,
                0.8021521671480182, 0.7477154704762132}};
  return one;
}

ExactCase Mc07() {
  ExactCase one;
  one.id = "MC07";
  one.note = "first class to both groups, second to one; longest waiting first";
  Model& m = one.model;
  m.arrival_rate = {1.2, 0.8};
  m.patience = {Exponential(2.5), Exponential(2.5)};
  m.agents = {3, 3};
  m.service_rate = {{0.5, 0}, {0.5, 0.5}};
  m.route = {{0, 1}, {1}};
  m.room = 8;
  m.threshold = {1.0 / 3, 1.0 / 3};
  one.exact = {{0.00011207053240476798, 0.17319116631788647,
                0.032721662765678214, 0.06971342191641011, 0.08180415691419553,
                0.8941617611289818, 0.9244099931831437, 0.9095576632506465},
               {0.00011448839836877984, 0.3815685471497104, 0.11347374916365005,
                0.23293869825344435, 0.2836843729091251, 0.7036229797789528,
                0.7936854426083315, 0.7344395174476843}};
  return one;
}

ExactCase Mc09() {
  ExactCase one;
  one.id = "MC09";
  one.note = "two groups help each other, slower; their own class first";
  Model& m = one.model;
  m.arrival_rate = {1.1, 0.9};
  m.patience = {Exponential(1 / 0.3), Exponential(1 / 0.3)};
  m.agents = {3, 3};
  m.service_rate = {{0.5, 0.35}, {0.35, 0.5}};
  m.route = {{0, 1}, {1, 0}};
  m.prefs = {{0, 1}, {1, 0}};
  m.threshold = {1.0 / 3, 1.0 / 3};
  one.exact = {{0, 0.30429582638030583, 0.05832185959291541,
                0.16767457567949196, 0.1944061986430514, 0.7950630525023384,
                0.8443044585898927, 0.814377393010538},
               {0, 0.30429582638030583, 0.05754984326408067, 0.1652061301493915,
                0.1918328108802689, 0.7980220252752656, 0.8467524988686262,
                0.8172505005511586}};
  return one;
}

ExactCase Mc11() {
  ExactCase one;
  one.id = "MC11";
  one.note = "two groups share the second of three classes, their own first";
  Model& m = one.model;
  m.arrival_rate = {0.5, 0.5, 0.5};
  m.patience = {Exponential(2.5), Exponential(2.5), Exponential(2.5)};
  m.agents = {2, 2};
  m.service_rate = {{0.5, 0.5, 0}, {0, 0.5, 0.5}};
  m.route = {{0}, {0, 1}, {1}};
  m.prefs = {{0, 1}, {2, 1}};
  m.threshold = {1.0 / 3, 1.0 / 3, 1.0 / 3};
  one.exact = {{0, 0.532753955829033, 0.18520612141802292, 0.37995974562466706,
                0.46301530354505727, 0.5702829319579127, 0.6999106730531697,
                0.6064234775066709},
               {0, 0.27453308670037474, 0.08241714686167276,
                0.15604264390861822, 0.20604286715418188, 0.7963379779956483,
                0.8678649293325453, 0.8204423076391126},
               {0, 0.43642900264647005, 0.1517197985488582, 0.29897366511903384,
                0.3792994963721455, 0.6479782282724954, 0.7638728655508041,
                0.6812368099477801}};
  return one;
}

ExactCase Mc13() {
  ExactCase one;
  one.id = "MC13";
  one.note = "bilingual third group, longest waiting first";
  Model& m = one.model;
  m.arrival_rate = {1, 1};
  m.patience = {Exponential(2), Exponential(2)};
  m.agents = {2, 2, 2};
  m.service_rate = {{0.5, 0}, {0, 0.5}, {0.5, 0.5}};
  m.route = {{0, 2}, {1, 2}};
  m.room = 8;
  m.threshold = {1.0 / 3, 1.0 / 3};
  one.exact = {{5.715331999776274e-05, 0.2575943732413217, 0.07167714732142351,
                0.11457960081654166, 0.14335429464284702, 0.8196754066018187,
                0.8829637277987211, 0.8476649909551651},
               {5.715331999776274e-05, 0.2575943732413217, 0.07167714732142348,
                0.11457960081654166, 0.14335429464284696, 0.8196754066018187,
                0.882963727798721, 0.8476649909551651}};
  return one;
}

ExactCase Ch03() {
  ExactCase one;
  one.id = "CH03";
  one.note = "chats, three at once and slower then, to the agent with the most";
  Model& m = one.model;
  m.arrival_rate = {1.6};
  m.patience = {Exponential(4)};
  m.agents = {4};
  m.service_rate = {{1}};
  m.at_once = {3};
  m.rate_at_load = {0.25, 0.2, 1 / 6.5};
  m.packs = true;
  m.route = {{0}};
  m.threshold = {0.5};
  one.exact = {{0, 0.2646721021825569, 0.06259812730156135, 0.2112289469407139,
                0.2503925092062454, 0.8074318915778842, 0.8613508411857357,
                0.8294685271698231}};
  return one;
}

ExactCase Ch04() {
  ExactCase one;
  one.id = "CH04";
  one.note = "calls first, alone; chats, three at once, to who has the fewest";
  Model& m = one.model;
  m.arrival_rate = {0.5, 0.9};
  m.patience = {Exponential(2), Exponential(5)};
  m.agents = {4};
  m.service_rate = {{1.0 / 3, 1.0 / 6}};
  m.at_once = {1, 3};
  m.route = {{0}, {0}};
  m.head_start = {kBeyondAnyWait, 0};
  m.threshold = {1.0 / 3, 1};
  one.exact = {{0, 0.7970665041128673, 0.5019944176908926, 0.7485466565845843,
                1.0039888353817852, 0.26807490292775765, 0.5382969839108511,
                0.3036115220068984},
               {0, 0.06429184677699751, 0.010814313927783502,
                0.045728213509296546, 0.0540715696389175, 0.9725355360486008,
                0.9831678215141496, 0.9799851609684072}};
  one.effort_factor = 5;
  return one;
}

}  // namespace

std::vector<ExactCase> ExactCases() {
  return {Ec05(), Mk01(), Ea04(), Mg01(), Mc01(), Mc04(), Mc05(),
          Mc07(), Mc09(), Mc11(), Mc13(), Ch03(), Ch04()};
}

}  // namespace relais::truth
