// Enums of the wire and of the router: numbered alike, the wire's one later
// where zero is "unspecified" there and a value here. convert.cc checks that
// they are.
//
// Thread safety: pure functions.

#ifndef RELAIS_SERVER_WIRE_ENUM_H_
#define RELAIS_SERVER_WIRE_ENUM_H_

namespace relais::server {

template <typename WireEnum, typename DomainEnum>
WireEnum OneLater(DomainEnum value) {
  return static_cast<WireEnum>(static_cast<int>(value) + 1);
}

template <typename WireEnum, typename DomainEnum>
WireEnum SameNumber(DomainEnum value) {
  return static_cast<WireEnum>(static_cast<int>(value));
}

}  // namespace relais::server

#endif  // RELAIS_SERVER_WIRE_ENUM_H_
