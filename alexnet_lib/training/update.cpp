// The paper's update (§5) of weights that a low-precision copy is computed with.

#include <cstdint>
#include <cstring>

using Count = std::int64_t;
using Bfloat16 = std::uint16_t;

static float widened(Bfloat16 value) {
  std::uint32_t bits = std::uint32_t(value) << 16;
  float wide;
  std::memcpy(&wide, &bits, sizeof wide);
  return wide;
}

static Bfloat16 rounded(float value) {
  std::uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  bits += 0x7fff + (bits >> 16 & 1);  // to the nearest, ties to even
  return value == value ? bits >> 16 : 0x7fc0;
}

// v <- m v - rate (decay w + g), w <- w + v, copy <- w
extern "C" void update(Count count, int threads, float rate, float momentum, float decay,
                       float *w, float *v, const Bfloat16 *g, Bfloat16 *copy) {
#pragma omp parallel for simd num_threads(threads) schedule(static)
  for (Count i = 0; i < count; ++i) {
    v[i] = momentum * v[i] - rate * (decay * w[i] + widened(g[i]));
    w[i] += v[i];
    copy[i] = rounded(w[i]);
  }
}
