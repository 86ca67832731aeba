// Enums of the wire and of the router: numbered alike, the wire's one later
// where zero is "unspecified" there and a value here. convert.cc checks that
// they are.
//
// Thread safety: pure functions.

#ifndef RELAIS_SERVER_WIRE_ENUM_H_
#define RELAIS_SERVER_WIRE_ENUM_H_

#include "relais/types.h"
#include "relais/v1/contact.pb.h"

namespace relais::server {

template <typename WireEnum, typename DomainEnum>
WireEnum OneLater(DomainEnum value) {
  return static_cast<WireEnum>(static_cast<int>(value) + 1);
}

template <typename WireEnum, typename DomainEnum>
WireEnum SameNumber(DomainEnum value) {
  return static_cast<WireEnum>(static_cast<int>(value));
}

inline bool KnownChannel(int channel) {
  return channel != v1::CHANNEL_UNSPECIFIED && v1::Channel_IsValid(channel);
}

template <typename Message>
void SetChannels(ChannelSet set, Message* message,
                 void (Message::*add)(v1::Channel)) {
  for (int i = 0; i < kChannelCount; ++i) {
    const auto channel = static_cast<Channel>(i);
    if (Contains(set, channel)) (message->*add)(OneLater<v1::Channel>(channel));
  }
}

}  // namespace relais::server

#endif  // RELAIS_SERVER_WIRE_ENUM_H_
