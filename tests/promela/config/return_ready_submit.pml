// return || ready || submit: contact 0, which agent 0 declines, comes back
// before contact 1, which had come back earlier, while agent 1 gets ready and
// contact 2 comes. The front is still that of contact 0's first stay. Dead nodes
// are unlinked.
#define PLACED
#define UNLINK
#define NP 3
#define NC 3
#define NA 2
#define NL 1
#define NI 1
#define PRE 2
#define POOL 6
#define CAPACITY 1
#define PROFILE(a) (0)
#define MAY_SERVE(a, l) (1)
#define CONTACT_KEY(c) (1 + (c))
#define GIVEN \
  given_reserved(0, 0, 0, NONE, 0); \
  given_waiting(1, 1, 1, NONE); \
  mem[F_(0)] = 1
#define RUN \
  run Caller(0, RETURN, 0, 0); \
  run Caller(1, READY, 1, 0); \
  run Caller(2, SUBMIT, 2, 0)

#include "../lane.pml"
