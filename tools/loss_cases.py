"""Losses, and what they are compared on: see fixtures-layers.py."""

import torch

from layer_vectors import F64, layer, randn

REDUCTIONS = ["mean", "sum", "none"]


def shares(*shape):
    """Numbers between 0 and 1, of few digits."""
    return (torch.rand(*shape, dtype=F64) * 98).round() / 100 + 0.01


def signs(*shape):
    return torch.randint(0, 2, shape).to(F64) * 2 - 1


def elementwise():
    out = []
    x, y, p, q = randn(3, 2), randn(3, 2), shares(3, 2), shares(3, 2)
    binary = torch.randint(0, 2, (3, 2)).to(F64)
    counts = torch.randint(0, 4, (3, 2)).to(F64)
    for reduction in REDUCTIONS:
        def loss(kind, inputs, options=None, leaves=None, **more):
            options = {**(options or {}), "reduction": reduction}
            out.append(layer(kind, [], inputs, options, leaves=leaves, **more))

        loss("L1Loss", [x, y])
        loss("MSELoss", [x, y])
        loss("SmoothL1Loss", [x, y], {"beta": 0.5})
        loss("SmoothL1Loss", [x, y], {"beta": 0.0})
        loss("HuberLoss", [x, y], {"delta": 0.7})
        loss("BCELoss", [p, q])
        loss("BCELoss", [torch.tensor([0.0, 1.0, 0.3], dtype=F64), torch.tensor([0.0, 0.0, 1.0], dtype=F64)], leaves=0)
        loss("BCELoss", [p, binary], {"weight": shares(3, 2)}, 1)
        loss("BCEWithLogitsLoss", [x, q], {}, 1)
        loss("BCEWithLogitsLoss", [x, binary], {"weight": shares(2), "pos_weight": shares(2)}, 1)
        loss("SoftMarginLoss", [x, signs(3, 2)], leaves=1)
        loss("HingeEmbeddingLoss", [x, signs(3, 2)], {}, 1)
        loss("HingeEmbeddingLoss", [x, signs(3, 2)], {"margin": 0.3}, 1)
        loss("PoissonNLLLoss", [x, counts], {}, 1)
        loss("PoissonNLLLoss", [p, counts], {"log_input": False, "full": True, "eps": 0.01}, 1)
        loss("GaussianNLLLoss", [x, y, p])
        loss("GaussianNLLLoss", [x, y, shares(3, 1)], {"full": True, "eps": 0.4})
        loss("KLDivLoss", [randn(3, 4), torch.softmax(randn(3, 4), 1)], {}, 1, logs=True)
        loss("KLDivLoss", [randn(3, 4), torch.log_softmax(randn(3, 4), 1)], {"log_target": True}, 1, logs=True)
    options = {"reduction": "batchmean"}
    out.append(layer("KLDivLoss", [], [randn(3, 4), torch.tensor([[0, 0, 1.0, 0]] * 3, dtype=F64)], options, leaves=1, logs=True))
    return out


def margins():
    out = []
    x1, x2, x3 = randn(3, 4), randn(3, 4), randn(3, 4)
    labels = torch.tensor([2, 0, 3])
    lists = torch.tensor([[3, 0, -1, 1], [-1, 0, 1, 2], [2, 1, 3, 0]])
    for reduction in REDUCTIONS:
        def loss(kind, inputs, options=None, leaves=None):
            out.append(layer(kind, [], inputs, {**(options or {}), "reduction": reduction}, leaves=leaves))

        loss("MarginRankingLoss", [randn(3), randn(3), signs(3)], {}, 2)
        loss("MarginRankingLoss", [x1, x2, signs(3, 4)], {"margin": 0.5}, 2)
        loss("CosineEmbeddingLoss", [x1, x2, signs(3)], {}, 2)
        loss("CosineEmbeddingLoss", [x1, x2, signs(3)], {"margin": 0.2}, 2)
        loss("TripletMarginLoss", [x1, x2, x3])
        loss("TripletMarginLoss", [x1, x2, x3], {"margin": 2.0, "p": 1.0, "swap": True, "eps": 0.01})
        loss("TripletMarginWithDistanceLoss", [x1, x2, x3], {"swap": True, "margin": 1.5})
        loss("MultiMarginLoss", [x1, labels])
        loss("MultiMarginLoss", [x1, labels], {"p": 2, "margin": 0.5, "weight": shares(4)})
        loss("MultiMarginLoss", [x1[0], labels[0]])
        loss("MultiLabelMarginLoss", [x1, lists])
        loss("MultiLabelMarginLoss", [x1[0], lists[0]])
        loss("MultiLabelSoftMarginLoss", [x1, torch.randint(0, 2, (3, 4)).to(F64)], {}, 1)
        loss("MultiLabelSoftMarginLoss", [x1, torch.randint(0, 2, (3, 4)).to(F64)], {"weight": shares(4)}, 1)
    return out


def classes():
    out = []
    labels = torch.tensor([2, 0, 3])
    ignored = torch.tensor([2, -100, 3])
    images = torch.randint(0, 3, (2, 2, 2))
    spread = torch.softmax(randn(3, 4), 1)
    weight = torch.tensor([0.5, 1.0, 2.0, 0.25], dtype=F64)
    for reduction in REDUCTIONS:
        def loss(kind, inputs, options=None, leaves=1, args=(), **more):
            options = {**(options or {}), "reduction": reduction}
            out.append(layer(kind, list(args), inputs, options, leaves=leaves, **more))

        loss("CrossEntropyLoss", [randn(3, 4), ignored], {"weight": weight, "label_smoothing": 0.2})
        loss("CrossEntropyLoss", [randn(3, 4), labels], {"ignore_index": 0})
        loss("CrossEntropyLoss", [randn(2, 3, 2, 2), images])
        loss("CrossEntropyLoss", [randn(3, 4), spread], {"label_smoothing": 0.1})
        loss("NLLLoss", [randn(3, 4), labels], {"weight": weight}, logs=True)
        loss("LinearCrossEntropyLoss", [randn(3, 5), labels], {"weight": weight}, args=[5, 4])
        loss("LinearCrossEntropyLoss", [randn(2, 5), images], {"out_features": (2, 2), "bias": True}, args=[5, 3])
    x, at = randn(5, 8), torch.tensor([0, 2, 9, 4, 6])
    for options in [{}, {"div_value": 2.0, "head_bias": True}]:
        cutoffs = [8, 10, [3]] if options == {} else [8, 10, [2, 5]]
        out.append(layer("AdaptiveLogSoftmaxWithLoss", cutoffs, [x, at], options))
        out.append(layer("AdaptiveLogSoftmaxWithLoss", cutoffs, [x], options, method="log_prob"))
        out.append(layer("AdaptiveLogSoftmaxWithLoss", cutoffs, [x], options, method="predict"))
    out.append(layer("AdaptiveLogSoftmaxWithLoss", [8, 10, [3]], [x[0], at[0]]))
    return out


def ctc():
    out = []
    targets = torch.tensor([[1, 2, 2], [3, 1, 0], [2, 0, 0]])
    joined = torch.tensor([1, 2, 2, 3, 1, 2])
    lengths = [[6, 5, 3], [3, 2, 1]]
    for reduction in REDUCTIONS:
        def loss(inputs, options=None):
            options = {**(options or {}), "reduction": reduction}
            out.append(layer("CTCLoss", [], inputs, options, leaves=1, logs=True))

        loss([randn(6, 3, 4), targets, *lengths])
        loss([randn(6, 3, 4), joined, *lengths])
        loss([randn(6, 3, 4), targets, [6, 6, 6], [3, 0, 1]])
        loss([randn(6, 3, 5), targets, *lengths], {"blank": 4})
        # The first target needs four steps: two labels that are alike have a blank between.
        loss([randn(6, 3, 4), targets, [3, 5, 3], [3, 2, 1]], {"zero_infinity": True})
        loss([randn(6, 4), targets[0], torch.tensor(6), torch.tensor(3)])
    return out
