// return || ready || submit: as return_ready_submit into a lane whose only nodes
// are dead, and the newcomer dies as well.
#define PLACED
#define UNLINK
#define NP 4
#define NC 2
#define NA 2
#define NL 1
#define NI 1
#define PRE 1
#define POOL 6
#define CAPACITY 1
#define PROFILE(a) (0)
#define MAY_SERVE(a, l) (1)
#define CONTACT_KEY(c) (1 + (c))
#define GIVEN \
  given_reserved(0, 0, 0, NONE, 0)
#define RUN \
  run Caller(0, RETURN, 0, 0); \
  run Caller(1, READY, 1, 0); \
  run Caller(2, SUBMIT, 1, 0); \
  run Caller(3, CANCEL, 1, 0)

#include "../lane.pml"
