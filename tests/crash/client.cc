#include "tests/crash/client.h"

#include <unistd.h>

#include <chrono>
#include <deque>
#include <iostream>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "lib/base/mutex.h"
#include "lib/base/random.h"
#include "tests/crash/call_log.h"
#include "tests/crash/centre.h"
#include "tests/crash/session.h"
#include "tests/crash/watch.h"

namespace relais::crash {
namespace {

using Contacts = v1::ContactService::Stub;
using Agents = v1::AgentService::Stub;

// What each platform has under way before it looks at the oldest.
constexpr std::size_t kOwnContactsMax = 10;
constexpr int kPlatforms = 2;
constexpr int kKeepers = 2;
// How long a keeper waits for an accepted contact before it looks around.
constexpr std::chrono::milliseconds kLookAround{20};

// An accepted contact, to be completed.
struct Work {
  std::string agent_id;
  std::string contact_id;
};

class WorkQueue {
 public:
  void Push(Work work) {
    MutexLock lock(mutex_);
    works_.push_back(std::move(work));
    changed_.NotifyOne();
  }
  // False if there is none for a while.
  bool Pop(Work* work) {
    MutexLock lock(mutex_);
    if (works_.empty()) changed_.WaitFor(mutex_, kLookAround);
    if (works_.empty()) return false;
    *work = std::move(works_.front());
    works_.pop_front();
    return true;
  }

 private:
  Mutex mutex_;
  ConditionVariable changed_;
  std::deque<Work> works_ RELAIS_GUARDED_BY(mutex_);
};

// Submits contacts and ends some that wait.
class Platform {
 public:
  Platform(CallLog* log, Sessions* sessions, Random random, std::string name)
      : log_(*log),
        sessions_(*sessions),
        random_(random),
        name_(std::move(name)) {}

  void Run() {
    Told told = Told::kDone;
    while (told != Told::kUnknown) {
      told = own_.size() < kOwnContactsMax ? Submit() : Settle();
    }
  }

 private:
  Told Submit() {
    const QueueOfCentre& queue = kQueues[random_.Uniform(kQueues.size())];
    v1::SubmitContactRequest request;
    v1::Contact* contact = request.mutable_contact();
    contact->set_id(absl::StrCat(name_, "-", ++submitted_));
    contact->set_queue(queue.name);
    contact->set_channel(queue.channel_number);
    contact->set_priority(static_cast<int>(random_.Uniform(4)));
    (*contact->mutable_attributes())["caller"] =
        absl::StrCat("+33", random_.Uniform(1'000'000'000));
    v1::SubmitContactResponse response;
    const Told told = sessions_.Insist([&](const Session& session) {
      return Ask(log_, session, "SubmitContact", session.contacts,
                 &Contacts::SubmitContact, request, &response);
    });
    if (told == Told::kDone) own_.push_back(contact->id());
    return told;
  }

  // Looks at the oldest; ends it, forgets it or leaves it for later.
  Told Settle() {
    const std::string id = own_.front();
    own_.pop_front();
    v1::GetContactRequest request;
    request.set_contact_id(id);
    v1::GetContactResponse response;
    const Told told = sessions_.Insist([&](const Session& session) {
      return Ask(log_, session, "GetContact", session.contacts,
                 &Contacts::GetContact, request, &response);
    });
    if (told != Told::kDone) return told;  // forgotten meanwhile
    if (response.contact().state() == v1::CONTACT_STATE_ENDED) return told;
    if (!random_.Bernoulli(0.4)) {
      own_.push_back(id);
      return told;
    }
    return Cancel(id);
  }

  Told Cancel(const std::string& id) {
    v1::CancelContactRequest request;
    request.set_contact_id(id);
    request.set_reason(random_.Bernoulli(0.5) ? v1::END_REASON_ABANDONED
                                              : v1::END_REASON_CANCELLED);
    v1::CancelContactResponse response;
    return sessions_.Insist([&](const Session& session) {
      return Ask(log_, session, "CancelContact", session.contacts,
                 &Contacts::CancelContact, request, &response);
    });
  }

  CallLog& log_;
  Sessions& sessions_;
  Random random_;
  const std::string name_;
  std::uint64_t submitted_ = 0;
  std::deque<std::string> own_;
};

// Takes the offers of all agents of this client.
class Desk {
 public:
  Desk(CallLog* log, Sessions* sessions, WorkQueue* works, Random random,
       int client)
      : log_(*log), sessions_(*sessions), works_(*works), random_(random) {
    for (int i = 0; i < kAgentsPerClient; ++i) {
      agent_ids_.push_back(AgentId(client, i));
    }
  }

  void Run() {
    std::uint64_t lost = 0;
    while (const std::shared_ptr<Session> session = sessions_.Next(lost)) {
      lost = session->life;
      grpc::ClientContext context;
      {
        MutexLock lock(mutex_);
        if (stopped_) return;
        context_ = &context;
      }
      Connected(*session, &context);
      MutexLock lock(mutex_);
      context_ = nullptr;
    }
  }

  // The stream ends, and no other begins.
  void Stop() {
    MutexLock lock(mutex_);
    stopped_ = true;
    if (context_ != nullptr) context_->TryCancel();
  }

 private:
  using Stream =
      grpc::ClientReaderWriter<v1::ConnectRequest, v1::ConnectResponse>;
  struct Sent {
    std::uint64_t n = 0;
    v1::ConnectRequest request;
  };

  void Connected(const Session& session, grpc::ClientContext* context) {
    const auto stream = session.agents->Connect(context);
    const std::map<std::uint64_t, Sent> unknown = std::move(sent_);
    sent_.clear();
    v1::ConnectRequest attach;
    for (const std::string& id : agent_ids_) {
      attach.mutable_attach()->add_agent_ids(id);
    }
    bool open = Send(session, stream.get(), "Attach", attach);
    // What became of these nobody knows: once more.
    for (const auto& [id, sent] : unknown) {
      if (!open || sent.request.has_attach()) continue;
      open = Send(session, stream.get(),
                  sent.request.has_accept() ? "AcceptOffer" : "DeclineOffer",
                  sent.request);
    }
    v1::ConnectResponse response;
    while (open && stream->Read(&response)) {
      if (response.has_offer()) open = OnOffer(session, stream.get(), response);
      if (response.has_answer()) OnAnswer(session, response.answer());
    }
    const grpc::Status status = stream->Finish();
    for (const auto& [id, sent] : sent_) {
      log_.Unknown(sent.n, session.life, status.error_message());
    }
  }

  bool Send(const Session& session, Stream* stream, std::string_view call,
            v1::ConnectRequest request) {
    request.set_request_id(++last_request_);
    const std::uint64_t n = log_.Asked(session.life, call, request);
    sent_[last_request_] = {n, request};
    return stream->Write(request);
  }

  bool OnOffer(const Session& session, Stream* stream,
               const v1::ConnectResponse& response) {
    log_.Pushed(session.life, "offer", ToJson(response.offer()));
    const double chance = random_.UniformDouble();
    v1::ConnectRequest request;
    if (chance < 0.75) {
      v1::AcceptOffer* accept = request.mutable_accept();
      accept->set_agent_id(response.offer().agent_id());
      accept->set_contact_id(response.offer().contact().id());
      accept->set_attempt(response.offer().attempt());
      accept->set_epoch(response.offer().epoch());
      return Send(session, stream, "AcceptOffer", request);
    }
    if (chance < 0.9) {
      v1::DeclineOffer* decline = request.mutable_decline();
      decline->set_agent_id(response.offer().agent_id());
      decline->set_contact_id(response.offer().contact().id());
      decline->set_attempt(response.offer().attempt());
      decline->set_epoch(response.offer().epoch());
      return Send(session, stream, "DeclineOffer", request);
    }
    return true;  // does not answer
  }

  void OnAnswer(const Session& session, const v1::Answer& answer) {
    const auto found = sent_.find(answer.request_id());
    if (found == sent_.end()) return;
    const Sent sent = std::move(found->second);
    sent_.erase(found);
    if (answer.has_error()) {
      log_.Refused(sent.n, session.life, answer.error().code(),
                   answer.error().message());
      return;
    }
    log_.Answered(sent.n, session.life, answer);
    // Some hang-ups get lost.
    if (sent.request.has_accept() && random_.Bernoulli(0.95)) {
      works_.Push({sent.request.accept().agent_id(),
                   sent.request.accept().contact_id()});
    }
  }

  CallLog& log_;
  Sessions& sessions_;
  WorkQueue& works_;
  Random random_;
  std::vector<std::string> agent_ids_;
  std::uint64_t last_request_ = 0;
  std::map<std::uint64_t, Sent> sent_;  // not answered yet
  Mutex mutex_;
  grpc::ClientContext* context_ RELAIS_GUARDED_BY(mutex_) = nullptr;
  bool stopped_ RELAIS_GUARDED_BY(mutex_) = false;
};

// Completes what was accepted, and keeps the agents at work.
class Keeper {
 public:
  Keeper(CallLog* log, Sessions* sessions, WorkQueue* works, Random random,
         int client)
      : log_(*log),
        sessions_(*sessions),
        works_(*works),
        random_(random),
        client_(client) {}

  void Run() {
    Told told = Told::kDone;
    while (told != Told::kUnknown) {
      Work work;
      told = works_.Pop(&work) ? Finish(work) : LookAround();
    }
  }

 private:
  Told Finish(const Work& work) {
    const Told told = Complete(work.contact_id);
    if (told != Told::kDone || random_.Bernoulli(0.3)) return told;
    return EndWrapUp(work.agent_id, work.contact_id);
  }

  Told LookAround() {
    v1::GetAgentRequest request;
    request.set_agent_id(
        AgentId(client_, static_cast<int>(random_.Uniform(kAgentsPerClient))));
    v1::GetAgentResponse response;
    const Told told = sessions_.Insist([&](const Session& session) {
      return Ask(log_, session, "GetAgent", session.agents, &Agents::GetAgent,
                 request, &response);
    });
    if (told != Told::kDone) return told;
    const v1::AgentSnapshot& agent = response.agent();
    if (agent.presence().state() == v1::PRESENCE_STATE_LOGGED_OUT) {
      return SignIn(agent.id());
    }
    if (agent.presence().state() == v1::PRESENCE_STATE_NOT_READY ||
        agent.no_answer_channels_size() > 0 || agent.has_pending()) {
      return SetPresence(agent.id(), v1::PRESENCE_STATE_AVAILABLE);
    }
    if (random_.Bernoulli(0.1)) {
      return SetPresence(agent.id(), random_.Bernoulli(0.5)
                                         ? v1::PRESENCE_STATE_NOT_READY
                                         : v1::PRESENCE_STATE_LOGGED_OUT);
    }
    return agent.held().empty() ? told : GoOn(agent);
  }

  // With any of the contacts that the agent holds.
  Told GoOn(const v1::AgentSnapshot& agent) {
    const v1::HeldContact& held = agent.held(static_cast<int>(
        random_.Uniform(static_cast<std::uint64_t>(agent.held_size()))));
    switch (held.state()) {
      case v1::WORK_STATE_HANDLING:
        return Complete(held.contact_id());
      case v1::WORK_STATE_WRAP_UP:
        return EndWrapUp(agent.id(), held.contact_id());
      default:
        return Told::kDone;  // its offer is answered by the desk
    }
  }

  Told Complete(const std::string& contact_id) {
    v1::CompleteContactRequest request;
    request.set_contact_id(contact_id);
    v1::CompleteContactResponse response;
    return sessions_.Insist([&](const Session& session) {
      return Ask(log_, session, "CompleteContact", session.contacts,
                 &Contacts::CompleteContact, request, &response);
    });
  }

  Told EndWrapUp(const std::string& agent_id, const std::string& contact_id) {
    v1::EndWrapUpRequest request;
    request.set_agent_id(agent_id);
    request.set_contact_id(contact_id);
    v1::EndWrapUpResponse response;
    return sessions_.Insist([&](const Session& session) {
      return Ask(log_, session, "EndWrapUp", session.agents, &Agents::EndWrapUp,
                 request, &response);
    });
  }

  Told SignIn(const std::string& agent_id) {
    v1::SignInRequest request;
    request.set_agent_id(agent_id);
    v1::SignInResponse response;
    return sessions_.Insist([&](const Session& session) {
      return Ask(log_, session, "SignIn", session.agents, &Agents::SignIn,
                 request, &response);
    });
  }

  Told SetPresence(const std::string& agent_id, v1::PresenceState state) {
    v1::SetPresenceRequest request;
    request.set_agent_id(agent_id);
    request.mutable_presence()->set_state(state);
    if (state == v1::PRESENCE_STATE_NOT_READY) {
      request.mutable_presence()->set_reason(v1::NOT_READY_REASON_BREAK);
    }
    v1::SetPresenceResponse response;
    return sessions_.Insist([&](const Session& session) {
      return Ask(log_, session, "SetPresence", session.agents,
                 &Agents::SetPresence, request, &response);
    });
  }

  CallLog& log_;
  Sessions& sessions_;
  WorkQueue& works_;
  Random random_;
  const int client_;
};

}  // namespace

int RunClient(const ClientOptions& options) {
  auto log = CallLog::Create(options.log, STDOUT_FILENO);
  if (!log.ok()) {
    std::cerr << "relais-crash: " << log.status().message() << "\n";
    return 1;
  }
  Random random(options.seed);
  Sessions sessions;
  WorkQueue works;
  std::deque<Platform> platforms;
  for (int i = 0; i < kPlatforms; ++i) {
    platforms.emplace_back(log->get(), &sessions, random.Fork(),
                           absl::StrCat("contact-", options.number, "-", i));
  }
  std::deque<Keeper> keepers;
  for (int i = 0; i < kKeepers; ++i) {
    keepers.emplace_back(log->get(), &sessions, &works, random.Fork(),
                         options.number);
  }
  Desk desk(log->get(), &sessions, &works, random.Fork(), options.number);
  Watcher watcher(log->get(), &sessions);

  std::vector<std::thread> threads;
  threads.reserve(kPlatforms + kKeepers + 2);
  for (Platform& platform : platforms) {
    threads.emplace_back([&platform] { platform.Run(); });
  }
  for (Keeper& keeper : keepers) {
    threads.emplace_back([&keeper] { keeper.Run(); });
  }
  threads.emplace_back([&desk] { desk.Run(); });
  // One reader of everything is enough.
  if (options.number == 0) {
    threads.emplace_back([&watcher] { watcher.Run(); });
  }
  std::uint64_t life = 0;
  std::string address;
  while (std::cin >> life >> address) {
    sessions.Begin(std::make_shared<Session>(address, life));
  }
  sessions.Stop();
  desk.Stop();
  watcher.Stop();
  for (std::thread& thread : threads) thread.join();
  return 0;
}

}  // namespace relais::crash
