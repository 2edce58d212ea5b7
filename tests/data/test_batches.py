"""Batches of views: the same for any number of threads or processes, none twice."""

import threading

import numpy as np
import pytest
import torch

from alexnet_lib.config import Augmentation
from alexnet_lib.data.augment import TrainViews
from alexnet_lib.data.batches import ViewBatches
from alexnet_lib.data.dataset import Dataset, Split
from alexnet_lib.data.mapped import ShardedImages

COUNT, SIDE = 43, 12


@pytest.fixture
def shards():
    rng = np.random.default_rng(0)
    return [rng.integers(0, 256, (n, SIDE, SIDE, 3), np.uint8) for n in (20, 1, 22)]


@pytest.fixture
def data(shards):
    whole = torch.from_numpy(np.concatenate(shards)).permute(0, 3, 1, 2)
    split = Split(whole, torch.arange(COUNT))
    return Dataset("d", split, split, ("a",), "f")


@pytest.fixture
def batches(data):
    views = TrainViews(data, Augmentation(size=9, chunk=4), torch.device("cpu"))

    def make(batch_size=8, seed=1, rank=0, world=1, **options):
        one = ViewBatches(data.train, views, batch_size, seed, **options)
        return one.shared(rank, world)

    return make


def same(a, b):
    return len(a) == len(b) and all(
        torch.equal(x, y)
        for p, q in zip(a, b, strict=True)
        for x, y in zip(p, q, strict=True)
    )


def joined(parts):
    return [
        tuple(torch.cat(tensors) for tensors in zip(*step, strict=True))
        for step in zip(*parts, strict=True)
    ]


def test_each_image_once_an_epoch_in_an_order_of_its_own(batches):
    orders = [
        torch.cat([labels for _, labels in batches().epoch(epoch)]).tolist()
        for epoch in range(3)
    ]
    assert all(sorted(order) == list(range(COUNT)) for order in orders)
    assert len({tuple(order) for order in orders}) == 3


def test_views_are_drawn_anew_each_epoch_and_seed(batches):
    def views(seed, epoch):
        found = {}
        for images, labels in batches(seed=seed).epoch(epoch):
            found |= dict(zip(labels.tolist(), images, strict=True))
        return torch.stack([found[i] for i in range(COUNT)])

    first = views(1, 0)
    assert torch.equal(first, views(1, 0))
    for other in (views(1, 1), views(2, 0)):
        changed = (first != other).flatten(1).any(1).float().mean()
        assert changed > 0.9


@pytest.mark.parametrize("workers", [2, 4])
def test_any_number_of_threads_gives_the_same_batches(batches, workers):
    one = list(batches().epoch(0))
    assert len(one) == len(batches()) == 6
    assert same(list(batches(workers=workers).epoch(0)), one)


@pytest.mark.parametrize("world", [2, 4, 8])
def test_processes_share_the_batches_of_one(batches, world):
    parts = [list(batches(rank=r, world=world).epoch(1)) for r in range(world)]
    assert {len(part) for part in parts} == {len(batches(rank=0, world=world))}
    sizes = {len(labels) for part in parts for _, labels in part[:5]}
    assert sizes == {8 // world}
    whole = list(batches().epoch(1))[: len(parts[0])]
    assert same(joined(parts), whole)


def test_a_last_batch_too_small_for_all_processes_is_left_out(batches):
    assert len(batches(world=2)) == 6  # 3 images left over for 2
    assert len(batches(world=4)) == 5  # 3 for 4
    last = [list(batches(rank=r, world=2).epoch(0))[-1][1] for r in (0, 1)]
    assert sorted(map(len, last)) == [1, 2]


@pytest.mark.parametrize("start", [0, 1, 5, 6])
def test_an_epoch_is_entered_in_the_middle(batches, start):
    assert same(
        list(batches(workers=2).epoch(3, start)), list(batches().epoch(3))[start:]
    )


def test_memory_mapped_shards_give_what_memory_gives(batches, data, shards, tmp_path):
    mapped = []
    for i, shard in enumerate(shards):
        np.save(tmp_path / f"{i}.npy", shard)
        mapped.append(np.load(tmp_path / f"{i}.npy", mmap_mode="c"))
    one = batches()
    split = Split(ShardedImages(mapped), data.train.labels)
    other = ViewBatches(split, one.views, 8, seed=1)
    assert same(list(other.epoch(0)), list(one.epoch(0)))


def test_shards_index_like_one_tensor(shards, data):
    sharded, whole = ShardedImages(shards), data.train.images
    assert (len(sharded), sharded.shape) == (COUNT, whole.shape)
    chosen = torch.tensor([42, 0, 20, 19, 21, 0])
    assert torch.equal(sharded[chosen], whole[chosen])
    assert torch.equal(sharded[5:30], whole[5:30])
    assert torch.equal(torch.cat(list(sharded.split(10))), whole)
    for place in (-1, COUNT):
        with pytest.raises(IndexError, match=str(place)):
            sharded[torch.tensor([place])]


def test_a_batch_that_cannot_be_shared_is_refused(batches):
    with pytest.raises(ValueError, match="multiple of 3"):
        batches(world=3)
    with pytest.raises(ValueError, match="process 2 of 2"):
        batches(rank=2, world=2)


def test_leaving_an_epoch_early_leaves_no_thread(batches):
    for _ in batches(workers=3).epoch(0):
        break
    assert not [t for t in threading.enumerate() if t.name.startswith("prefetch")]


def test_an_error_in_a_thread_reaches_the_loop(batches, data):
    broken = batches()
    broken.split = Split(data.train.images[:10], data.train.labels)
    with pytest.raises(IndexError):
        list(broken.epoch(0))
