// cancel || ready || ready: one lane's front is cancelled, and what stands
// behind it comes after the front of the other lane. Both agents serve both.
#define NP 3
#define NC 3
#define NA 2
#define NL 2
#define NI 1
#define PRE 3
#define POOL 3
#define CAPACITY 1
#define PROFILE(a) (0)
#define MAY_SERVE(a, l) (1)
#define CONTACT_KEY(c) (1 + (c))
#define GIVEN \
  given_waiting(0, 0, 0, NONE); \
  given_waiting(1, 1, 1, NONE); \
  given_waiting(2, 0, 2, 0)
#define RUN \
  run Caller(0, CANCEL, 0, 0); \
  run Caller(1, READY, 0, 0); \
  run Caller(2, READY, 1, 0)

#include "../lane.pml"
