"""Sides and counts of notebook 04's nets, against numbers worked out by hand."""

from alexnet_lib.nets.ablations import with_disjoint_pools, without_overlap
from alexnet_lib.nets.alexnet import alexnet
from alexnet_lib.nets.cifar import four_layer
from alexnet_lib.notebook.overlapping_pooling import sizes

ALEXNETS = {
    "3/2": alexnet(),
    "#147": without_overlap(alexnet()),
    "2/2": with_disjoint_pools(alexnet()),
}
SIDES = {
    "3/2": [55, 27, 27, 13, 13, 13, 13, 6],
    "#147": [55, 28, 26, 13, 13, 13, 11, 6],
    "2/2": [55, 28, 28, 14, 14, 14, 14, 7],
}


def cells(table):
    """The table's rows below its head and rule, as lists of cells."""
    return [
        [cell.strip() for cell in row.strip("|").split("|")]
        for row in table.splitlines()[2:]
    ]


def test_sides_of_alexnet_and_of_its_partners():
    for name, network in ALEXNETS.items():
        assert [side for _, side in sizes.sides(network)] == SIDES[name]
    made = sizes.sides_table(ALEXNETS)
    assert made.startswith("| sides of the maps | conv1 | pool1 | conv2 | pool2 |")
    assert cells(made) == [[name, *map(str, of)] for name, of in SIDES.items()]


def test_only_fc6_has_other_weights_where_the_last_maps_are_larger():
    rows = {name: rest for name, *rest in cells(sizes.counts_table(ALEXNETS))}
    parameters = {name: int(row[0].replace(",", "")) for name, row in rows.items()}
    assert parameters["3/2"] == parameters["#147"]
    assert parameters["2/2"] - parameters["3/2"] == (7**2 - 6**2) * 256 * 4096
    assert all(row[2].endswith(" million") for row in rows.values())


def test_the_pair_on_cifar_has_equal_sides_and_parameters():
    pair = {"3/2": four_layer(), "2/2": with_disjoint_pools(four_layer())}
    for made in (sizes.sides_table(pair), sizes.counts_table(pair)):
        (_, *overlapping), (_, *apart) = cells(made)
        assert overlapping == apart
