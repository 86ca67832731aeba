// ready || ready || cancel: two agents, one waiting contact.
#define NP 3
#define NC 1
#define NA 2
#define NL 1
#define NI 1
#define PRE 1
#define POOL 4
#define CAPACITY 1
#define PROFILE(a) (0)
#define MAY_SERVE(a, l) (1)
#define CONTACT_KEY(c) (1)
#define GIVEN given_waiting(0, 0, 0, NONE)
#define RUN \
  run Caller(0, READY, 0, 0); \
  run Caller(1, READY, 1, 0); \
  run Caller(2, CANCEL, 0, 0)

#include "../lane.pml"
