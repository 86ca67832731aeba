// move || ready || submit: agent 0 may serve both lanes; contact 0 goes from
// lane 0 to lane 1, behind contact 1, which was moved there earlier and covers
// its front. The agent has room for two.
#define PLACED
#define NP 3
#define NC 3
#define NA 1
#define NL 2
#define NI 1
#define PRE 2
#define POOL 6
#define CAPACITY 2
#define PROFILE(a) (0)
#define MAY_SERVE(a, l) (1)
#define CONTACT_KEY(c) (2 - ((c) == 1))
#define GIVEN \
  given_waiting(0, 0, 0, NONE); \
  given_waiting(1, 3, 1, NONE)
#define RUN \
  run Caller(0, MOVE, 0, 1); \
  run Caller(1, READY, 0, 0); \
  run Caller(2, SUBMIT, 2, 0)

#include "../lane.pml"
