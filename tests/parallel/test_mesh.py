"""A team on a mesh: any layout goes on from a checkpoint of any other."""

import torch

from alexnet_lib.modules.build import build
from alexnet_lib.parallel.equality import small_alexnet
from alexnet_lib.parallel.launch import launch
from alexnet_lib.parallel.sharding import Layout
from alexnet_lib.training import checkpoint
from alexnet_lib.training.team import SingleProcess

from . import work

ON_CPU = SingleProcess(torch.device("cpu"))


def test_checkpoints_go_from_any_layout_to_any(tmp_path):
    files = [tmp_path / f"{n}.pt" for n in ("towers", "one", "mesh")]
    launch(work.train_and_save, 2, (Layout(), 1, files[0]), device="cpu")
    work.saved_again(ON_CPU, files[0], files[1])
    mesh = Layout(towers=2, replicas=2, output="first")
    launch(work.save_again, 4, (mesh, files[1], files[2]), device="cpu")
    contents = [checkpoint.load(file, "") for file in files]
    for content in contents[1:]:
        assert content["progress"] == contents[0]["progress"]
        for kind in ("net", "velocities"):
            assert content[kind].keys() == contents[0][kind].keys()
            for name, tensor in contents[0][kind].items():
                assert torch.equal(content[kind][name], tensor)
    assert contents[0]["velocities"].keys() == contents[0]["net"].keys()
    whole = build(small_alexnet(), 1).state_dict()
    assert {n: t.shape for n, t in contents[2]["net"].items()} == {
        n: t.shape for n, t in whole.items()
    }
    work.trained(ON_CPU, 2, files[2])
    work.trained(ON_CPU, 2, tmp_path / "undisturbed.pt")
    last = (files[2], tmp_path / "undisturbed.pt")
    ends = [checkpoint.load(file, "")["net"] for file in last]
    for name, tensor in ends[1].items():
        torch.testing.assert_close(ends[0][name], tensor, rtol=1e-3, atol=1e-5)
