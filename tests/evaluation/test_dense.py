"""Dense answers: averages of scores over places, and over an image and its mirror."""

import torch
from torch import nn

from alexnet_lib.evaluation.dense import dense_probabilities


def test_scores_are_averaged_before_the_softmax_and_answers_after_it():
    scores = nn.Conv2d(3, 5, 4, stride=2)
    images = torch.randn(6, 3, 10, 8)
    each = [
        scores(seen).flatten(2).mean(2).softmax(1)
        for seen in (images, torch.flip(images, (3,)))
    ]
    found = dense_probabilities(scores, images)
    assert found.shape == (6, 5)
    torch.testing.assert_close(found, torch.stack(each).mean(0).detach())
    torch.testing.assert_close(found.sum(1), torch.ones(6))


def test_an_image_and_its_mirror_have_one_answer():
    scores = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Conv2d(8, 5, 3))
    images = torch.randn(4, 3, 12, 9)
    torch.testing.assert_close(
        dense_probabilities(scores, images),
        dense_probabilities(scores, images.flip(3)),
    )
