// submit || submit || ready: two pushes race for the tail; one agent with room
// for one, so a contact stays, and the front must go on telling of it.
#define NP 3
#define NC 2
#define NA 1
#define NL 1
#define NI 1
#define PRE 0
#define POOL 6
#define CAPACITY 1
#define PROFILE(a) (0)
#define MAY_SERVE(a, l) (1)
#define CONTACT_KEY(c) (1)
#define GIVEN skip
#define RUN \
  run Caller(0, SUBMIT, 0, 0); \
  run Caller(1, SUBMIT, 1, 0); \
  run Caller(2, READY, 0, 0)

#include "../lane.pml"
