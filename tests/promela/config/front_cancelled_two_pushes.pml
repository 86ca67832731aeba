// submit || submit || cancel || ready: as front_cancelled with a second push,
// which may stand behind one whose publication is not complete.
#define NP 4
#define NC 3
#define NA 1
#define NL 1
#define NI 1
#define PRE 1
#define POOL 6
#define CAPACITY 1
#define PROFILE(a) (0)
#define MAY_SERVE(a, l) (1)
#define CONTACT_KEY(c) (1)
#define GIVEN \
  given_waiting(0, 0, 0, NONE)
#define RUN \
  run Caller(0, CANCEL, 0, 0); \
  run Caller(1, READY, 0, 0); \
  run Caller(2, SUBMIT, 1, 0); \
  run Caller(3, SUBMIT, 2, 0)

#include "../lane.pml"
