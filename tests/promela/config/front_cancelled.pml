// submit || cancel || ready: the front is cancelled while an agent gets ready
// and another contact comes: the raise to empty races with a push behind a node
// that dies.
#define NP 3
#define NC 2
#define NA 1
#define NL 1
#define NI 1
#define PRE 1
#define POOL 5
#define CAPACITY 1
#define PROFILE(a) (0)
#define MAY_SERVE(a, l) (1)
#define CONTACT_KEY(c) (1)
#define GIVEN \
  given_waiting(0, 0, 0, NONE)
#define RUN \
  run Caller(0, CANCEL, 0, 0); \
  run Caller(1, READY, 0, 0); \
  run Caller(2, SUBMIT, 1, 0)

#include "../lane.pml"
