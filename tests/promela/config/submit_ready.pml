// submit || ready, one empty lane: the two sides of publish, then look.
#define NP 2
#define NC 1
#define NA 1
#define NL 1
#define NI 1
#define PRE 0
#define POOL 4
#define CAPACITY 1
#define PROFILE(a) (0)
#define MAY_SERVE(a, l) (1)
#define CONTACT_KEY(c) (1)
#define GIVEN skip
#define RUN \
  run Caller(0, SUBMIT, 0, 0); \
  run Caller(1, READY, 0, 0)

#include "../lane.pml"
