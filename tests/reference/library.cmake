# The naive reference router. Directories of tests are added by name, so
# whoever needs it first includes this.
include_guard(GLOBAL)
set(here ${CMAKE_CURRENT_LIST_DIR})
relais_library(NAME reference
  SRCS ${here}/event_text.cc ${here}/reference_comparison.cc ${here}/reference_decision.cc ${here}/reference_drain.cc
       ${here}/reference_explain.cc ${here}/reference_holds.cc ${here}/reference_interruptions.cc
       ${here}/reference_pull.cc ${here}/reference_requirement.cc ${here}/reference_reserves.cc ${here}/reference_rings.cc
       ${here}/reference_rings_steps.cc ${here}/reference_router.cc ${here}/reference_state.cc
  HDRS ${here}/comparison.h ${here}/event_text.h ${here}/forwarding_router.h
       ${here}/reference_requirement.h ${here}/reference_rings.h ${here}/reference_router.h ${here}/router_factories.h
  DEPS relais_domain relais_skillgraph absl::status absl::statusor absl::strings)
