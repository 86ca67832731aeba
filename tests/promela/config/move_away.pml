// move || ready || ready: contact 0 goes to lane 1, which only agent 1 may
// serve; agent 0 serves lane 0 alone.
#define PLACED
#define NP 3
#define NC 1
#define NA 2
#define NL 2
#define NI 2
#define PRE 1
#define POOL 6
#define CAPACITY 1
#define PROFILE(a) (a)
#define MAY_SERVE(a, l) ((a) == (l))
#define CONTACT_KEY(c) (1)
#define GIVEN \
  given_waiting(0, 0, 0, NONE)
#define RUN \
  run Caller(0, MOVE, 0, 1); \
  run Caller(1, READY, 0, 0); \
  run Caller(2, READY, 1, 0)

#include "../lane.pml"
