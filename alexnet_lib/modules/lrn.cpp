// Local response normalisation (§3.3), there and back: the formulas of lrn.py.
//
// Compiled for one kind at a time: VALUE is how values are stored (float, double or
// Bfloat16), REAL what they are computed in; a window is N neighbours, or with WITHIN
// N x N places. In memory a tensor is [outer][rows][columns][inner]: windows lie along
// its columns and, WITHIN maps, along its rows. A tile, of `tall` rows and `block` inner
// places, stays in the nearest cache through all steps, so that main memory is read
// once and written once; N - 1 places lie around its edge, as windows reach beyond.

#include <algorithm>
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
    return std::min(tall, rows - tile / wide % high * tall);
  }

  Buffer buffer(REAL beyond) const { return Buffer((tall + HIGH - 1) * padded, beyond); }

  // a row in a buffer, if a window begins `before` its value
  REAL *inside(Buffer &buffer, Count row, Count before) const {
    return buffer.data() + (row + (WITHIN ? before : 0)) * padded + before * block;
  }

  // work(place in memory, place in the row, count) for the runs of a row of a tile
  template <class Work>
  void runs(Count tile, Count row, Work work) const {
    Count first = tile % wide * block, above = tile / wide % high * tall + row;
    Count start = (tile / wide / high * rows + above) * columns * inner + first;
    if (block < 16 && block == inner) return work(start, 0, width);
    Count run = std::min(block, inner - first);
    for (Count column = 0; column < columns; ++column)
      work(start + column * inner, column * block, run);
  }

  // a share of k and alpha a^2 at each place: their window sum is s
  void square(Count tile, const VALUE *a, Buffer &squares, REAL share, REAL alpha) const {
    for (Count row = 0; row < rows_of(tile); ++row) {
      REAL *inner_row = inside(squares, row, N / 2);
      runs(tile, row, [=](Count at, Count x, Count run) {
        REAL *to = inner_row + x;
#pragma omp simd
        for (Count i = 0; i < run; ++i) {
          REAL value = a[at + i];
          to[i] = share + alpha * value * value;
        }
      });
    }
  }

  // a buffer's row, or within maps the sums of the rows of its windows
  const REAL *upright(const Buffer &buffer, Count row, Buffer &sums) const {
    const REAL *from = buffer.data() + row * padded;
    if (HIGH == 1) return from;
    REAL *to = sums.data();
#pragma omp simd
    for (Count x = 0; x < padded; ++x) {
      REAL sum = from[x];
      for (Count j = 1; j < HIGH; ++j) sum += from[x + j * padded];
      to[x] = sum;
    }
    return to;
  }

  // the sum over the columns of the window that begins at a place
  REAL sum(const REAL *from) const {
    REAL sum = from[0];
    for (Count j = 1; j < N; ++j) sum += from[j * block];
    return sum;
  }
};

extern "C" void forward(const Count *sizes, int threads, double share, double alpha,
                        const VALUE *a, VALUE *b) {
  const Tiles tiles(sizes);
#pragma omp parallel num_threads(threads)
  {
    Buffer squares = tiles.buffer(share), sums(tiles.padded);
#pragma omp for
    for (Count tile = 0; tile < tiles.count(); ++tile) {
      tiles.square(tile, a, squares, share, alpha);
      for (Count row = 0; row < tiles.rows_of(tile); ++row) {
        const REAL *line = tiles.upright(squares, row, sums);
        tiles.runs(tile, row, [=](Count at, Count x, Count run) {
#pragma omp simd
          for (Count i = 0; i < run; ++i) {
            REAL inverse = 1 / tiles.sum(line + x + i);
            REAL power = std::sqrt(inverse * std::sqrt(inverse));  // s^(-3/4)
            b[at + i] = REAL(a[at + i]) * power;
          }
        });
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
    Buffer squares = tiles.buffer(share), terms = tiles.buffer(0), sums(tiles.padded);
    Buffer direct(tiles.tall * tiles.width);
#pragma omp for
    for (Count tile = 0; tile < tiles.count(); ++tile) {
      tiles.square(tile, a, squares, share, alpha);
      for (Count row = 0; row < tiles.rows_of(tile); ++row) {
        const REAL *line = tiles.upright(squares, row, sums);
        REAL *d = direct.data() + row * tiles.width;
        // window sums of these go to the values in whose windows each lies: for even
        // N they begin one place later
        REAL *t = tiles.inside(terms, row, N - 1 - N / 2);
        tiles.runs(tile, row, [=](Count at, Count x, Count run) {
#pragma omp simd
          for (Count i = 0; i < run; ++i) {
            REAL inverse = 1 / tiles.sum(line + x + i);
            REAL power = std::sqrt(inverse * std::sqrt(inverse));  // s^(-3/4)
            REAL first = power * REAL(g[at + i]);
            d[x + i] = first;
            t[x + i] = first * REAL(a[at + i]) * inverse;
          }
        });
      }
      for (Count row = 0; row < tiles.rows_of(tile); ++row) {
        const REAL *line = tiles.upright(terms, row, sums);
        const REAL *d = direct.data() + row * tiles.width;
        tiles.runs(tile, row, [=](Count at, Count x, Count run) {
#pragma omp simd
          for (Count i = 0; i < run; ++i)
            da[at + i] = d[x + i] + factor * REAL(a[at + i]) * tiles.sum(line + x + i);
        });
      }
    }
  }
}
