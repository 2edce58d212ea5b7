"""What counts as a file: the same in folders and tars, and nothing lost unsaid."""

import io
import os
import random
import re
import sys
import tarfile

import pytest

from alexnet_lib.data import DataError
from alexnet_lib.data.sources import folders, listing
from tests.data.faults import unprivileged


def tar(files, **options):
    """A tar of {name: bytes}, or of members as they are."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", **options) as archive:
        for name, data in files.items():
            member = tarfile.TarInfo(name) if isinstance(name, str) else name
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return stream.getvalue()


def special(name, kind, target=""):
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, target
    return member


def files_of(found):
    return {file.path: file.read() for file in found.files}


def random_files(rng, count):
    return {
        f"d/train/n{rng.randrange(3)}/{i}.JPEG": rng.randbytes(rng.randrange(1, 3000))
        for i in range(count)
    }


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT])
@pytest.mark.parametrize("seed", range(3))
def test_a_tar_cut_at_any_byte_is_whole_or_an_error(tmp_path, seed, form):
    rng = random.Random(seed)
    files = random_files(rng, 12)
    whole, archive = tar(files, format=form), tmp_path / "t.tar"
    blocks = range(0, len(whole), 512)
    errors = []
    for cut in {*rng.sample(range(len(whole)), 60), *blocks, len(whole)}:
        archive.write_bytes(whole[:cut])
        try:
            found = files_of(listing.list_tar(archive))
        except DataError as error:
            errors.append(str(error))
        else:
            assert found == files
    line = re.compile(r".*t\.tar: damaged \(.+\); fetch it again")
    assert all(map(line.fullmatch, errors))
    assert len(errors) >= len(whole) // 512 - 1  # but where only the record is not full


@pytest.mark.parametrize("seed", range(3))
def test_a_tar_that_is_zeros_from_any_member_on_is_an_error(tmp_path, seed):
    """As a download leaves it that reserved its room and then stopped."""
    rng = random.Random(seed)
    files = {f"train/n1/{i}": rng.randbytes(11_000) for i in range(8)}
    whole, archive = tar(files), tmp_path / "t.tar"
    for end in [*rng.sample(range(len(whole)), 20), *range(512, 11_000, 512)]:
        archive.write_bytes(whole[:end] + bytes(len(whole) - end))
        try:
            found = files_of(listing.list_tar(archive))
        except DataError:
            continue
        assert set(found) == set(files)  # pixels are the decoder's affair


@pytest.mark.parametrize("seed", range(5))
def test_a_damaged_header_loses_no_image_in_silence(tmp_path, seed):
    rng = random.Random(seed)
    files = random_files(rng, 9)
    whole = bytearray(tar(files))
    archive = tmp_path / "t.tar"
    with tarfile.open(fileobj=io.BytesIO(bytes(whole))) as opened:
        headers = [member.offset for member in opened]
    for header in headers:
        spoilt = whole.copy()
        at = header + rng.randrange(148)  # within what the checksum covers
        spoilt[at] ^= 1 << rng.randrange(8)
        archive.write_bytes(spoilt)
        with pytest.raises(DataError, match="damaged"):
            listing.list_tar(archive)


@pytest.mark.parametrize(
    "rest", [b"more", bytes(512) + b"\1", tar({"other": b"x"}), bytes(10240)]
)
def test_what_follows_the_end_is_damage(tmp_path, rest):
    (tmp_path / "t.tar").write_bytes(tar({"a": b"1"}) + rest)
    with pytest.raises(DataError, match="damaged"):
        listing.list_tar(tmp_path / "t.tar")


def test_a_tar_without_records_is_whole(tmp_path):
    """As bsdtar, Go and others write it: the mark of the end, and no more."""
    whole = tar({"a": b"1"})
    (tmp_path / "t.tar").write_bytes(whole[: 1024 + 1024])
    assert files_of(listing.list_tar(tmp_path / "t.tar")) == {"a": b"1"}


@pytest.mark.parametrize("which", ["zeros within", "cut between", "header gone"])
def test_an_inner_tar_that_is_not_whole_is_an_error(tmp_path, which):
    files = {f"n01_{i}.JPEG": bytes([i]) * 700 for i in range(30)}
    inner = bytearray(tar(files))
    if which == "zeros within":
        inner[1536 * 9 :] = bytes(len(inner) - 1536 * 9)
    elif which == "cut between":
        inner = inner[: 1536 * 9]
    else:
        inner[1536 * 9 : 1536 * 9 + 512] = bytes(512)
    archive = tmp_path / "t.tar"
    archive.write_bytes(tar({"n01.tar": bytes(inner), "n02.tar": tar(files)}))
    with pytest.raises(DataError, match=r"t\.tar: damaged"):
        list(listing.list_inner_tars(archive))


def test_links_within_a_tar_lead_to_their_files(tmp_path):
    archive = tmp_path / "t.tar"
    members = {
        "d/train/n1/a": b"image",
        special("d/train/n1/hard", tarfile.LNKTYPE, "d/train/n1/a"): b"",
        special("d/train/n2/soft", tarfile.SYMTYPE, "../n1/hard"): b"",
        special("d/train/n2/chain", tarfile.SYMTYPE, "soft"): b"",
        special("d/train/n2/early", tarfile.SYMTYPE, "late"): b"",
        "d/train/n2/late": b"later",
    }
    archive.write_bytes(tar(members))
    found = listing.list_tar(archive)
    assert files_of(found) == {
        "d/train/n1/a": b"image",
        "d/train/n1/hard": b"image",
        "d/train/n2/soft": b"image",
        "d/train/n2/chain": b"image",
        "d/train/n2/early": b"later",
        "d/train/n2/late": b"later",
    }
    assert found.refused == []


def test_what_is_no_file_in_a_tar_is_refused_with_a_reason(tmp_path):
    members = {
        special("out", tarfile.SYMTYPE, "/etc/passwd"): b"",
        special("up", tarfile.SYMTYPE, "../../x"): b"",
        special("nowhere", tarfile.LNKTYPE, "gone"): b"",
        special("self", tarfile.SYMTYPE, "self"): b"",
        special("pipe", tarfile.FIFOTYPE): b"",
        special("device", tarfile.CHRTYPE): b"",
    }
    (tmp_path / "t.tar").write_bytes(tar(members))
    found = listing.list_tar(tmp_path / "t.tar")
    assert found.files == []
    refused = dict(found.refused)
    assert set(refused) == {"out", "up", "nowhere", "self", "pipe", "device"}
    assert "not in the archive" in refused["out"]
    assert "neither a file nor a folder" in refused["pipe"]


def test_of_two_members_of_one_name_the_last_counts_as_when_unpacked(tmp_path):
    archive = tmp_path / "t.tar"
    archive.write_bytes(tar({"a": b"old", "b": b"1"}))
    with tarfile.open(archive, "a") as again:
        member = tarfile.TarInfo("a")
        member.size = 3
        again.addfile(member, io.BytesIO(b"new"))
    assert files_of(listing.list_tar(archive)) == {"a": b"new", "b": b"1"}


TREE = {
    "train/n1/a.JPEG": b"1",
    "train/n1/deep/er/b.JPEG": b"2",
    "train/n2/c.JPEG": b"3",
    "train/n2/.hidden.JPEG": b"!",
    "train/n2/._c.JPEG": b"!",
    "train/n2/.ipynb_checkpoints/c.JPEG": b"!",
    "train/.ipynb_checkpoints/x.JPEG": b"!",
    "train/.DS_Store": b"!",
    "val/n1/d.JPEG": b"4",
    "val/n2/e.JPEG": b"5",
    "val/flat.JPEG": b"6",
    "readme.txt": b"beside the splits",
}


def tree(place):
    for name, data in TREE.items():
        (place / name).parent.mkdir(parents=True, exist_ok=True)
        (place / name).write_bytes(data)
    return place


def source_in(form, tmp_path):
    if form == "folder":
        place = tree(tmp_path / "photos")
        return folders.from_folders(listing.list_folder(place, *folders.SPLITS), place)
    top = {"tar": "d/", "bare tar": "", "dotted tar": "./"}[form]
    (tmp_path / "t.tar").write_bytes(tar({top + n: d for n, d in TREE.items()}))
    archive = tmp_path / "t.tar"
    return folders.from_folders(folders.in_archive(archive), archive)


@pytest.mark.parametrize("form", ["folder", "tar", "bare tar", "dotted tar"])
def test_folders_and_tars_hold_the_same_images(tmp_path, form):
    source = source_in(form, tmp_path)
    assert source.classes == ("n1", "n2")
    train = [(item.name, item.label, item.read()) for item in source.train]
    assert train == [
        ("train/n1/a.JPEG", 0, b"1"),
        ("train/n1/deep/er/b.JPEG", 0, b"2"),
        ("train/n2/c.JPEG", 1, b"3"),
    ]
    assert [item.read() for item in source.test] == [b"4", b"5"]
    assert source.refused == (("val/flat.JPEG", "in no class folder"),)


def test_two_trees_in_one_archive_are_told_apart(tmp_path):
    archive = tmp_path / "t.tar"
    archive.write_bytes(tar({"a/train/n1/x": b"1", "b/train/n1/x": b"2"}))
    with pytest.raises(DataError, match="both a/train/ and b/train/"):
        folders.in_archive(archive)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="makes pipes")
def test_links_and_pipes_in_folders(tmp_path):
    place = tmp_path / "place"
    real = tmp_path / "real"
    (place / "n1").mkdir(parents=True)
    (real / "below").mkdir(parents=True)
    (real / "below" / "a").write_bytes(b"1")
    os.mkfifo(tmp_path / "pipe")
    (place / "n2").symlink_to(real)  # a class on another disk
    (place / "n1" / "file").symlink_to(real / "below" / "a")
    (place / "n1" / "gone").symlink_to(tmp_path / "nowhere")
    (place / "n1" / "self").symlink_to("self")
    (place / "n1" / "up").symlink_to(place)
    (place / "n1" / "piped").symlink_to(tmp_path / "pipe")
    os.mkfifo(place / "n1" / "fifo")
    found = listing.list_folder(place)
    assert files_of(found) == {"n1/file": b"1", "n2/below/a": b"1"}
    assert dict(found.refused) == {
        "n1/gone": "a link to nowhere",
        "n1/self": "a link to nowhere",
        "n1/up": "a link to a folder that it lies in",
        "n1/piped": "neither a file nor a folder",
        "n1/fifo": "neither a file nor a folder",
    }


@pytest.mark.parametrize("depth", ["", "n1", "n1/deep/er"])
def test_a_folder_that_may_not_be_read_is_no_empty_one(tmp_path, depth):
    place = tree(tmp_path / "photos") / "train"
    (place / depth).chmod(0)
    with unprivileged(tmp_path), pytest.raises(PermissionError, match=f"{depth}'"):
        listing.list_folder(place)
    (place / depth).chmod(0o755)


@pytest.mark.skipif(sys.platform != "linux", reason="takes names of any bytes")
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("tench\udce9.JPEG", "tench\\udce9.JPEG"),
        ("two\nlines", "two\\nlines"),
        ("bell\a", "bell\\x07"),
        ("ünï-漢字 1.JPEG", "ünï-漢字 1.JPEG"),
    ],
)
def test_names_can_be_printed_and_files_still_be_opened(tmp_path, name, shown):
    (tmp_path / name).write_bytes(b"1")
    (found,) = listing.list_folder(tmp_path).files
    assert (found.path, found.read()) == (shown, b"1")
    found.path.encode()
    (tmp_path / "t.tar").write_bytes(tar({name: b"2"}))
    (found,) = listing.list_tar(tmp_path / "t.tar").files
    assert (found.path, found.read()) == (shown, b"2")


def test_a_file_that_became_shorter_is_said_to_have(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    (found,) = listing.list_folder(tmp_path).files
    (tmp_path / "a").write_bytes(b"123")
    with pytest.raises(DataError, match="became shorter"):
        found.read()
