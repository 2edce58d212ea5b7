// Local response normalisation (§3.3), there and back: the formulas of lrn.py.
//
// Compiled for one kind at a time: VALUE is how values are stored (float, double or
// Bfloat16), REAL what they are computed in. A window reaches over DOWN slices and in
// each over ACROSS places, `stride` apart. A slice is a map (NCHW: windows lie down),
// some places with all their maps, a row each (NHWC: they lie across), or a row of an
// image (within maps: both). A tile is `slices` of them, which no window leaves. They
// are taken in turn, in strips; only those of a window are kept, so that they stay in
// a near cache and main memory is read once and written once, in order.

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "../native.h"

using Buffer = std::vector<REAL>;

// of the window at a place: how many slices before it and after, and the places
constexpr Count BEFORE = DOWN / 2, AFTER = DOWN - 1 - BEFORE;
constexpr Count LEFT = ACROSS / 2, RIGHT = ACROSS - 1 - LEFT;

struct Powers {
  REAL inverse, power;  // 1 / s, s^(-3/4)
};

inline Powers powers(double s) {
  double inverse = 1 / s;
  return {REAL(inverse), REAL(std::sqrt(inverse * std::sqrt(inverse)))};
}

// By Newton's method, as division and roots take longer than all else here: y is
// s^(-1/4), from a quarter of the exponent within 3.3 %, then from three terms of the
// series of (1 - h)^(-1/4), h being what s y^4 lacks of 1; a last step for each power. For
// finite s above 0.
inline Powers powers(float s) {
  std::uint32_t bits;
  std::memcpy(&bits, &s, sizeof bits);
  bits = 0x4f581000 - (bits >> 2);
  float y;
  std::memcpy(&y, &bits, sizeof y);
  float square = y * y, h = 1 - s * square * square;
  y += y * (h * (1 / 4.f + h * (5 / 32.f + h * (15 / 128.f))));
  square = y * y;
  float fourth = square * square, cube = square * y;
  h = 1 - s * square * square;
  return {fourth + fourth * h, cube + cube * (0.75f * h)};
}

// The last slices, the oldest first.
template <Count SLICES>
struct Ring {
  Buffer memory;
  REAL *slices[SLICES];

  Ring(Count size, REAL value) : memory(SLICES * size, value) {
    for (Count j = 0; j < SLICES; ++j) slices[j] = memory.data() + j * size;
  }

  void fill(REAL value) { std::fill(memory.begin(), memory.end(), value); }

  REAL *next() {
    std::rotate(slices, slices + 1, slices + SLICES);
    return slices[SLICES - 1];
  }
};

// Asks for memory that is wanted soon, in a layout whose many streams of reading and
// writing the processor does not foresee by itself.
template <int WRITE, class T>
inline void prefetch(const T *from, Count count) {
  constexpr Count LINE = 64 / sizeof(T), AHEAD = 1024;
  if (DOWN > 1 && ACROSS == 1)
    for (Count i = 0; i < count; i += LINE)
      __builtin_prefetch(from + AHEAD + i, WRITE, 2);
}

struct Tiles {
  Count rows, slices, tall, length, stride, strip;
  Count padded, size;  // places of a row and of a slice, with margins for windows

  explicit Tiles(const Count *sizes)
      : rows(sizes[0]), slices(sizes[1]), tall(sizes[2]), length(sizes[3]),
        stride(sizes[4]), strip(sizes[5]), padded(length + (ACROSS - 1) * stride),
        size(tall * padded) {}

  Count count() const { return (rows + slices * tall - 1) / (slices * tall); }

  // work(place in memory, place in the slice, count) for the rows of a slice's strip
  template <class Work>
  void each_row(Count tile, Count slice, Count first, Work work) const {
    Count above = (tile * slices + slice) * tall, high = std::min(tall, rows - above);
    Count run = std::min(strip, length - first);
    for (Count row = 0; row < high; ++row)
      work((above + row) * length + first, row * padded + first, run);
  }

  // a share of k and alpha a^2 at each place: their window sum is s
  void square(Count tile, Count slice, Count first, const VALUE *a, REAL *squares,
              REAL share, REAL alpha) const {
    REAL *inside = squares + LEFT * stride;
    if (slice >= slices) {
      std::fill_n(inside + first, std::min(strip, length - first), share);
      return;
    }
    each_row(tile, slice, first, [=](Count at, Count x, Count run) {
      prefetch<0>(a + at, run);
#pragma omp simd
      for (Count i = 0; i < run; ++i) {
        REAL value = a[at + i];
        inside[x + i] = share + alpha * value * value;
      }
    });
  }
};

// Sums of the windows that begin at each place of a slice.
class Windows {
  const REAL *from[DOWN];
  Count stride;

 public:
  Windows(const Ring<DOWN> &ring, const Tiles &tiles, Buffer &upright)
      : stride(tiles.stride) {
    std::copy(ring.slices, ring.slices + DOWN, from);
    if (DOWN == 1 || ACROSS == 1) return;
    REAL *to = upright.data();
#pragma omp simd
    for (Count x = 0; x < tiles.size; ++x) to[x] = down(x);
    from[0] = to;
  }

  REAL operator[](Count x) const { return ACROSS > 1 ? across(x) : down(x); }

 private:
  REAL down(Count x) const {
    REAL sum = from[0][x];
    for (Count j = 1; j < DOWN; ++j) sum += from[j][x];
    return sum;
  }

  REAL across(Count x) const {
    REAL sum = from[0][x];
    for (Count j = 1; j < ACROSS; ++j) sum += from[0][x + j * stride];
    return sum;
  }
};

extern "C" void forward(const Count *sizes, int threads, double share, double alpha,
                        const VALUE *a, VALUE *b) {
  const Tiles tiles(sizes);
#pragma omp parallel num_threads(threads)
  {
    Ring<DOWN> squares(tiles.size, share);
    Buffer upright(tiles.size);
#pragma omp for
    for (Count tile = 0; tile < tiles.count(); ++tile) {
      if (DOWN > 1) squares.fill(share);
      for (Count slice = -AFTER; slice < tiles.slices; ++slice) {
        REAL *newest = squares.next();
        for (Count first = 0; first < tiles.length; first += tiles.strip) {
          tiles.square(tile, slice + AFTER, first, a, newest, share, alpha);
          if (slice < 0) continue;
          const Windows s(squares, tiles, upright);
          tiles.each_row(tile, slice, first, [=](Count at, Count x, Count run) {
            prefetch<1>(b + at, run);
#pragma omp simd
            for (Count i = 0; i < run; ++i)
              b[at + i] = REAL(a[at + i]) * powers(s[x + i]).power;
          });
        }
      }
    }
  }
}

extern "C" void backward(const Count *sizes, int threads, double share, double alpha,
                         const VALUE *a, const VALUE *g, VALUE *da) {
  const Tiles tiles(sizes);
  const REAL factor = -2 * alpha * 0.75;
#pragma omp parallel num_threads(threads)
  {
    Ring<DOWN> squares(tiles.size, share), terms(tiles.size, 0);
    Ring<BEFORE + 1> directs(tiles.size, 0);
    Buffer upright(tiles.size);
#pragma omp for
    for (Count tile = 0; tile < tiles.count(); ++tile) {
      if (DOWN > 1) squares.fill(share), terms.fill(0);
      for (Count slice = -AFTER; slice < tiles.slices + BEFORE; ++slice) {
        REAL *newest = squares.next(), *term = terms.next() + RIGHT * tiles.stride;
        REAL *direct = directs.next();
        const REAL *oldest = directs.slices[0];
        for (Count first = 0; first < tiles.length; first += tiles.strip) {
          tiles.square(tile, slice + AFTER, first, a, newest, share, alpha);
          if (slice < 0) continue;
          if (slice < tiles.slices) {
            const Windows s(squares, tiles, upright);
            // window sums of these go to the values in whose windows each lies: for
            // even N they begin one place later
            tiles.each_row(tile, slice, first, [=](Count at, Count x, Count run) {
              prefetch<0>(g + at, run);
#pragma omp simd
              for (Count i = 0; i < run; ++i) {
                Powers of = powers(s[x + i]);
                REAL own = of.power * REAL(g[at + i]);
                direct[x + i] = own;
                term[x + i] = own * REAL(a[at + i]) * of.inverse;
              }
            });
          } else {
            std::fill_n(term + first, std::min(tiles.strip, tiles.length - first), REAL(0));
          }
          if (slice < BEFORE) continue;
          const Windows others(terms, tiles, upright);
          tiles.each_row(tile, slice - BEFORE, first, [=](Count at, Count x, Count run) {
            prefetch<1>(da + at, run);
#pragma omp simd
            for (Count i = 0; i < run; ++i)
              da[at + i] = oldest[x + i] + factor * REAL(a[at + i]) * others[x + i];
          });
        }
      }
    }
  }
}
