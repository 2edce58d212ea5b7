// What the C++ beside the Python shares: counts, and the format bfloat16.

#pragma once

#include <cstdint>
#include <cstring>

using Count = std::int64_t;

struct Bfloat16 {
  std::uint16_t bits;

  operator float() const {
    std::uint32_t wide = std::uint32_t(bits) << 16;
    float value;
    std::memcpy(&value, &wide, sizeof value);
    return value;
  }

  Bfloat16 &operator=(float value) {
    std::uint32_t wide;
    std::memcpy(&wide, &value, sizeof wide);
    wide += 0x7fff + (wide >> 16 & 1);  // to the nearest, ties to even
    bits = value == value ? wide >> 16 : 0x7fc0;
    return *this;
  }
};
