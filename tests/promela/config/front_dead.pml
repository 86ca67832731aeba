// submit || submit || ready: the lane's only node is dead, its front not yet
// raised, and one newcomer may stand behind another whose publication is not
// complete.
#define NP 3
#define NC 3
#define NA 1
#define NL 1
#define NI 1
#define PRE 1
#define POOL 4
#define CAPACITY 1
#define PROFILE(a) (0)
#define MAY_SERVE(a, l) (1)
#define CONTACT_KEY(c) (1)
#define GIVEN \
  given_waiting(0, 0, 0, NONE); \
  mem[W_(0)] = Word(ENDED, 2, 0)
#define RUN \
  run Caller(0, SUBMIT, 1, 0); \
  run Caller(1, SUBMIT, 2, 0); \
  run Caller(2, READY, 0, 0)

#include "../lane.pml"
