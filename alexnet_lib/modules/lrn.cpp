// Local response normalisation (§3.3), there and back: the formulas of lrn.py.
//
// Compiled for one kind at a time: VALUE is how values are stored (float, double or
// Bfloat16), REAL what they are computed in; a window is N neighbours, or with WITHIN
// N x N places. In memory a tensor is [outer][rows][columns][inner]: windows lie along
// its columns and, WITHIN maps, along its rows. A tile, of `tall` rows and `block` inner
// places, stays in the nearest cache through all steps, so that main memory is read
// once and written once; N - 1 places lie around its edge, as windows reach beyond.

#include <cmath>
#include <vector>

#include "../native.h"

using Buffer = std::vector<REAL>;

constexpr Count HIGH = WITHIN ? N : 1;  // rows of a window

struct Tiles {
  Count outer, rows, columns, inner, tall, block;
  Count high, wide, width, padded;  // tiles in `rows`, in `inner`; places in a row

  explicit Tiles(const Count *sizes)
      : outer(sizes[0]), rows(sizes[1]), columns(sizes[2]), inner(sizes[3]),
        tall(sizes[4]), block(sizes[5]), high((rows + tall - 1) / tall),
        wide((inner + block - 1) / block), width(columns * block),
        padded((columns + N - 1) * block) {}

  Count count() const { return outer * high * wide; }

  Count rows_of(Count tile) const {
    Count left = rows - tile / wide % high * tall;
    return left < tall ? left : tall;
  }

  Buffer buffer(REAL beyond) const { return Buffer((tall + HIGH - 1) * padded, beyond); }

  // where values lie in a buffer, if a window begins `before` them
  Count inside(Count before) const { return (WITHIN ? before * padded : 0) + before * block; }

  // work(place in memory, place in the row) for each value in a row of a tile
  template <class Work>
  void each(Count tile, Count row, Work work) const {
    Count first = tile % wide * block;
    Count start = ((tile / wide / high * rows + tile / wide % high * tall + row) * columns) * inner + first;
    Count run = inner - first < block ? inner - first : block;
    if (block == inner) {
#pragma GCC ivdep
      for (Count x = 0; x < width; ++x) work(start + x, x);
    } else {
      for (Count column = 0; column < columns; ++column)
#pragma GCC ivdep
        for (Count i = 0; i < run; ++i)
          work(start + column * inner + i, column * block + i);
    }
  }

  // sums over the windows of a buffer's row; `above` is for sums over rows alone
  void sum(const REAL *from, REAL *above, REAL *sums) const {
    if (HIGH > 1) {
      for (Count x = 0; x < padded; ++x) {
        REAL sum = from[x];
        for (Count j = 1; j < HIGH; ++j) sum += from[x + j * padded];
        above[x] = sum;
      }
      from = above;
    }
#pragma GCC ivdep
    for (Count x = 0; x < width; ++x) {
      REAL sum = from[x];
      for (Count j = 1; j < N; ++j) sum += from[x + j * block];
      sums[x] = sum;
    }
  }

  // a share of k and alpha a^2 at each place: their window sum is s
  void square(Count tile, const VALUE *a, REAL *squares, REAL share, REAL alpha) const {
    for (Count row = 0; row < rows_of(tile); ++row) {
      REAL *to = squares + inside(N / 2) + row * padded;
      each(tile, row, [=](Count i, Count x) {
        REAL value = a[i];
        to[x] = share + alpha * value * value;
      });
    }
  }
};

extern "C" void forward(const Count *sizes, int threads, double share, double alpha,
                        const VALUE *a, VALUE *b) {
  const Tiles tiles(sizes);
#pragma omp parallel num_threads(threads)
  {
    Buffer squares = tiles.buffer(share), above(tiles.padded), sums(tiles.width);
    REAL *s = sums.data();
#pragma omp for
    for (Count tile = 0; tile < tiles.count(); ++tile) {
      tiles.square(tile, a, squares.data(), share, alpha);
      for (Count row = 0; row < tiles.rows_of(tile); ++row) {
        tiles.sum(squares.data() + row * tiles.padded, above.data(), s);
        for (Count x = 0; x < tiles.width; ++x) {
          REAL inverse = 1 / s[x];
          s[x] = std::sqrt(inverse * std::sqrt(inverse));  // s^(-3/4)
        }
        tiles.each(tile, row, [=](Count i, Count x) { b[i] = REAL(a[i]) * s[x]; });
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
    Buffer squares = tiles.buffer(share), terms = tiles.buffer(0);
    Buffer above(tiles.padded), sums(tiles.width), direct(tiles.tall * tiles.width);
    REAL *s = sums.data();
#pragma omp for
    for (Count tile = 0; tile < tiles.count(); ++tile) {
      tiles.square(tile, a, squares.data(), share, alpha);
      for (Count row = 0; row < tiles.rows_of(tile); ++row) {
        tiles.sum(squares.data() + row * tiles.padded, above.data(), s);
        REAL *d = direct.data() + row * tiles.width;
        for (Count x = 0; x < tiles.width; ++x) {
          s[x] = 1 / s[x];
          d[x] = std::sqrt(s[x] * std::sqrt(s[x]));  // s^(-3/4)
        }
        // window sums of these go to the values in whose windows each lies: for even
        // N they begin one place later
        REAL *t = terms.data() + tiles.inside(N - 1 - N / 2) + row * tiles.padded;
        tiles.each(tile, row, [=](Count i, Count x) {
          d[x] *= REAL(g[i]);
          t[x] = d[x] * REAL(a[i]) * s[x];
        });
      }
      for (Count row = 0; row < tiles.rows_of(tile); ++row) {
        tiles.sum(terms.data() + row * tiles.padded, above.data(), s);
        const REAL *d = direct.data() + row * tiles.width;
        tiles.each(tile, row, [=](Count i, Count x) {
          da[i] = d[x] + factor * REAL(a[i]) * s[x];
        });
      }
    }
  }
}
