"""Sentences of the text on how things were done, beside the authors' code.

Read in the code that the Computer History Museum released, not run. Where the code
has nothing to compare, the sentence is in `untested.py`.
"""

from __future__ import annotations

from alexnet_lib.ledger.claim import Told

_NET, _RATES = "layers-145.cfg", "layer-params-145.cfg"
_LOADER = "convdata_jpeg.py"
_AS, _UNLIKE = True, False
_DATA = (
    Told(
        *("§2", "raw-pixels", "pixels that the network is trained on", "raw RGB"),
        *(_AS, "0..255, minus the mean", f"{_LOADER}:95"),
    ),
    Told(
        *("§2", "mean-only", "what is done to the pixels", "the mean is subtracted"),
        *(_UNLIKE, "in training divided by 1.1 too", f"{_LOADER}:155-179"),
    ),
    Told(
        *("§2", "mean-of-each-pixel", "mean that is subtracted", "each pixel's own"),
        *(_UNLIKE, "its central window, for every crop", f"{_LOADER}:209-211"),
    ),
)
_NETWORK = (
    Told(
        *("§3.2", "layer-3-reads-both", "maps that conv3 reads", "both GPUs'"),
        *(_AS, "both GPUs'", f"{_NET}:135-161"),
    ),
    Told(
        *("§3.2", "layer-4-reads-own", "maps that conv4 reads", "its own GPU's"),
        *(_AS, "its own GPU's", f"{_NET}:163-189"),
    ),
    Told(
        *("§3.2", "gpu-memory", "how GPUs reach one another's maps", "directly"),
        *(_AS, "by peer access, else through the host", "src/convnet.cu:497-510"),
    ),
    Told(
        *("§3.2", "half-last-layer", "kernels in the one-GPU net's conv5", "256"),
        *(_AS, "256", "layers-145-half.cfg"),
    ),
    Told(*("§3.3", "norm-k", "k", "2", _AS, "2", _RATES)),
    Told(*("§3.3", "norm-n", "n", "5", _AS, "5", f"{_NET}:35-45")),
    Told(
        *("§3.3", "norm-alpha", "alpha, times each square", "0.0001"),
        *(_UNLIKE, "divided by n: 0.00002", "layer.py:1183"),
    ),
    Told(*("§3.3", "norm-beta", "beta", "0.75", _AS, "0.75", _RATES)),
    Told(
        *("§3.3", "norm-after-relu", "where layer 1 is normalised", "after its ReLU"),
        *(_UNLIKE, "before it, and before pooling", f"{_NET}:9-63"),
    ),
    Told(
        *("§3.3", "norm-window", "maps that a window may take", "the layer's"),
        *(_UNLIKE, "those of its own GPU", f"{_NET}:35-45"),
    ),
    Told(
        *("§3.3", "norm-only", "normalisation of layer 2", "across maps"),
        *(_UNLIKE, "within maps too, 5x5", f"{_NET}:107-117"),
    ),
    Told(
        *("§3.3", "norm-chosen", "k, n, alpha, beta chosen", "on a validation set"),
        *(_AS, "k = 1 and 2 noted for one (#131, #135)", "layer-params-135.cfg:177"),
    ),
    Told(
        *("§3.4", "pooling-size", "window z and stride s of pooling", "3 and 2"),
        *(_AS, "3 and 2", f"{_NET}:9-63"),
    ),
    Told(
        *("§3.5", "conv1", "conv1: kernels, their size", "96 of 11x11x3, stride 4"),
        *(_AS, "2 x 48 of 11x11x3, stride 4", f"{_NET}:9-33"),
    ),
    Told(
        *("§3.5", "conv2", "conv2: kernels, their size", "256 of 5x5x48"),
        *(_AS, "2 x 128 of 5x5x48", f"{_NET}:65-93"),
    ),
    Told(
        *("§3.5", "conv3", "conv3: kernels, their size", "384 of 3x3x256"),
        *(_AS, "2 x 192 of 3x3x256", f"{_NET}:135-161"),
    ),
    Told(
        *("§3.5", "conv4", "conv4: kernels, their size", "384 of 3x3x192"),
        *(_AS, "2 x 192 of 3x3x192", f"{_NET}:163-189"),
    ),
    Told(
        *("§3.5", "conv5", "conv5: kernels, their size", "256 of 3x3x192"),
        *(_AS, "2 x 128 of 3x3x192", f"{_NET}:192-218"),
    ),
    Told(
        *("§3.5", "fc-units", "units of fc6 and of fc7", "4096"),
        *(_AS, "2 x 2048", f"{_NET}:238-282"),
    ),
    Told(
        *("§3.5", "input-side", "side of the input", "224"),
        *(_AS, "224, and 3 empty rows and columns", f"{_LOADER}:72-73"),
    ),
    Told(
        *("§3.5", "relu-everywhere", "ReLU after every layer but the last", "yes"),
        *(_AS, "yes", f"{_NET}:9-292"),
    ),
    Told(
        *("§3.5", "objective", "objective", "mean log-probability of the label"),
        *(_AS, "the same", "src/layer.cu:1832-1836"),
    ),
)
_OVERFITTING = (
    Told(
        *("§4.1", "views", "views of an image, crops and mirrors", "2048"),
        *(_UNLIKE, "33 x 33 x 2 = 2178", f"{_LOADER}:239"),
    ),
    Told(
        *("§4.1", "view-of-each", "crop and mirror", "of each image its own"),
        *(_UNLIKE, "one for 32 images in a row", f"{_LOADER}:238-246"),
    ),
    Told(
        *("§4.1", "on-the-cpu", "views made while the GPU trains", "by the CPU"),
        *(_AS, "by a thread of the CPU", f"{_LOADER}:104-115"),
    ),
    Told(
        *("§4.1", "ten-patches", "averaged in tests", "softmax of ten patches"),
        *(_AS, "softmax of ten patches", f"{_LOADER}:226-233, src/layer.cu:1809-1838"),
    ),
    Told(
        *("§4.1", "colour-deviation", "deviation of alpha", "0.1"),
        *(_AS, "0.1", f"{_LOADER}:57-66"),
    ),
    Told(
        *("§4.1", "colour-scale", "alpha is multiplied by", "the eigenvalue"),
        *(_UNLIKE, "its square root", "convdata.py:40-41"),
    ),
    Told(
        *("§4.1", "colour-draw", "alpha is drawn", "once an image and use"),
        *(_AS, "once an image and use", f"{_LOADER}:155-179"),
    ),
    Told(
        *("§4.1", "colour-to-the-end", "colour noise", "in training (no end is told)"),
        *(_UNLIKE, "off after epoch 67 of 91", f"{_RATES}:165-182"),
    ),
    Told(
        *("§4.2", "dropout-p", "probability that a unit is dropped", "0.5"),
        *(_AS, "0.5", f"{_NET}:256-292"),
    ),
    Told(
        *("§4.2", "dropout-where", "layers with dropout", "first two fully connected"),
        *(_AS, "outputs of fc6 and fc7", f"{_NET}:256-292"),
    ),
    Told(
        *("§4.2", "dropout-test", "in tests outputs are multiplied by", "0.5"),
        *(_AS, "0.5", "src/layer.cu:1132-1134"),
    ),
)
_LEARNING = (
    Told(*("§5", "batch", "batch", "128", _AS, "128", "convnet.py:177")),
    Told(*("§5", "momentum", "momentum", "0.9", _AS, "0.9", _RATES)),
    Told(
        *("§5", "weight-decay", "weight decay", "0.0005"),
        *(_AS, "0.0005, none of biases", "src/layer.cu:565"),
    ),
    Told(
        *("§5", "rate-inside", "learning rate", "inside the velocity"),
        *(_AS, "inside the velocity", "src/weights.cu:146-198"),
    ),
    Told(
        *("§5", "deviation", "deviation of initial weights", "0.01"),
        *(_UNLIKE, "0.03 in conv3 to conv5", f"{_NET}:135-218"),
    ),
    Told(
        *("§5", "biases", "biases that begin with 1", "conv2, conv4, conv5, fc6, fc7"),
        *(_AS, "the same", f"{_NET}:65-282"),
    ),
    Told(
        *("§5", "equal-rates", "learning rates", "equal in all layers"),
        *(_UNLIKE, "conv1's ends early, biases' are twice", f"{_RATES}:165-182"),
    ),
    Told(
        *("§5", "first-rate", "first learning rate", "0.01"),
        *(_AS, "0.01", f"{_RATES}:165-182"),
    ),
)
_RESULTS = (
    Told(
        *("§6", "ensemble-average", "predictions of several nets", "are averaged"),
        *(_UNLIKE, "weighted, for the best top-5 error", "avg-valid.py:49-71"),
    ),
    Told(
        *("§6", "sixth-layer", "sixth conv layer of CNN*", "over the last pooling"),
        *(_AS, "over the last pooling", "layers-146-2012-2011.cfg:258-286"),
    ),
    Told(
        *("§6", "pre-training", "CNN* is trained", "on autumn 2011, then 2012"),
        *(
            _UNLIKE,
            "on 2012, 2009, 2011, then 2012",
            "layer-params-146-2012-2011.cfg:181-204",
        ),
    ),
    Told(
        *("§6.1", "figure3-kernels", "kernels in Figure 3", "48 of each GPU"),
        *(_AS, "48 of each GPU", "shownet.py:110-148"),
    ),
    Told(
        *("§6.1", "figure4-left", "labels beside an image of Figure 4", "the best 5"),
        *(_AS, "the best 5", "shownet.py:199-272"),
    ),
    Told(
        *("§6.1", "figure4-right", "images shown as nearest", "6 nearest of all"),
        *(_UNLIKE, "one at most of each batch of them", "findsimilar.py:55-66"),
    ),
)
TOLD: tuple[Told, ...] = _DATA + _NETWORK + _OVERFITTING + _LEARNING + _RESULTS
