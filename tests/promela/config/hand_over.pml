// submit || submit || ready with the look before the publishing, which may end
// in a hand-over: one agent is idle already.
#define EARLY_LOOK
#define NP 3
#define NC 2
#define NA 2
#define NL 1
#define NI 1
#define PRE 1
#define POOL 5
#define CAPACITY 1
#define PROFILE(a) (0)
#define MAY_SERVE(a, l) (1)
#define CONTACT_KEY(c) (1 + (c))
#define GIVEN \
  given_idle(0, 0, NONE)
#define RUN \
  run Caller(0, SUBMIT, 0, 0); \
  run Caller(1, SUBMIT, 1, 0); \
  run Caller(2, READY, 1, 0)

#include "../lane.pml"
