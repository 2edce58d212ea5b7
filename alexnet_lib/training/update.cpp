// The paper's update (§5) of weights that a copy in bfloat16 is computed with.

#include "../native.h"

// v <- m v - rate (decay w + g), w <- w + v, copy <- w
extern "C" void update(Count count, int threads, float rate, float momentum,
                       float decay, float *w, float *v, const Bfloat16 *g,
                       Bfloat16 *copy) {
#pragma omp parallel for simd num_threads(threads) schedule(static)
  for (Count i = 0; i < count; ++i) {
    v[i] = momentum * v[i] - rate * (decay * w[i] + g[i]);
    w[i] += v[i];
    copy[i] = w[i];
  }
}
