"""Losses, and what they are compared on: see fixtures-layers.py."""

import torch
from torch.nn import functional

from layer_vectors import F64, dump_all, layer, randn, run

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


# --- losses that PyTorch does not have, by their definitions ------------------------------------------


def focal(x, y, alpha=0.25, gamma=2.0):
    p = torch.sigmoid(x)
    right = torch.where(y == 1, p, 1 - p)
    share = torch.where(y == 1, torch.full_like(x, alpha), torch.full_like(x, 1 - alpha))
    return (-share * (1 - right) ** gamma * right.log()).mean()


def dice(p, y, smooth=1.0):
    places = tuple(range(2, p.ndim))
    both, total = (p * y).sum(places), p.sum(places) + y.sum(places)
    return (1 - (2 * both + smooth) / (total + smooth)).mean()


def jaccard(p, y, smooth=1.0):
    places = tuple(range(2, p.ndim))
    both, total = (p * y).sum(places), p.sum(places) + y.sum(places)
    return (1 - (both + smooth) / (total - both + smooth)).mean()


def lovasz(errors, truth):
    """The extension of the Jaccard loss: sums over the places in the order of their errors."""
    order = errors.argsort(descending=True)

    def loss(count):
        # Of the set of the first places, as if these were the wrong ones.
        if count == 0:
            return 0.0
        wrong = torch.zeros_like(truth)
        wrong[order[:count]] = 1
        positive = truth == 1
        return 1 - int((positive & (wrong == 0)).sum()) / int((positive | (wrong == 1)).sum())

    slopes = [loss(i + 1) - loss(i) for i in range(len(order))]
    return sum(errors[place] * slope for place, slope in zip(order, slopes))


def lovasz_hinge(x, y):
    errors = (1 - x * (2 * y - 1)).relu().flatten(1)
    return torch.stack([lovasz(e, t) for e, t in zip(errors, y.flatten(1))]).mean()


def lovasz_softmax(p, labels):
    losses = []
    for c in labels.unique():
        truth = (labels == c).to(F64).flatten()
        losses.append(lovasz((truth - p.transpose(0, 1)[c].flatten()).abs(), truth))
    return torch.stack(losses).mean()


def contrastive(a, b, y, margin=1.0):
    d = (a - b).norm(dim=1)
    return ((y * d**2 + (1 - y) * (margin - d).relu() ** 2) / 2).mean()


def info_nce(q, p, negatives=None, temperature=0.1):
    q, p = functional.normalize(q), functional.normalize(p)
    if negatives is None:
        scores, at = q @ p.T, torch.arange(len(q))
    else:
        scores = torch.cat([(q * p).sum(1, keepdim=True), q @ functional.normalize(negatives).T], 1)
        at = torch.zeros(len(q), dtype=torch.int64)
    return functional.cross_entropy(scores / temperature, at)


def normal_divergence(mean, log_var, prior_mean=0.0, prior_log_var=0.0):
    def normal(m, v):
        m, v = torch.as_tensor(m, dtype=F64), torch.as_tensor(v, dtype=F64)
        return torch.distributions.Normal(m, (v / 2).exp())

    own, prior = normal(mean, log_var), normal(prior_mean, prior_log_var)
    return torch.distributions.kl_divergence(own, prior).sum(-1).mean()


def others():
    """Cases of functions, by the names that they have here."""
    out = []
    masks, probabilities = torch.randint(0, 2, (2, 3, 2, 2)).to(F64), shares(2, 3, 2, 2)
    labels = torch.tensor([[[0, 2], [2, 0]], [[2, 2], [0, 0]]])
    x1, x2, vectors = randn(4, 3), randn(4, 3), randn(5, 3)
    pairs = torch.tensor([1.0, 0.0, 0.0, 1.0], dtype=F64)
    for name, fn, inputs, options, count in [
        ("sigmoidFocalLoss", focal, [randn(3, 4), torch.randint(0, 2, (3, 4)).to(F64)], {}, 1),
        ("sigmoidFocalLoss", focal, [randn(5), torch.randint(0, 2, (5,)).to(F64)], {"alpha": 0.6, "gamma": 1.5}, 1),
        ("diceLoss", dice, [probabilities, masks], {}, 1),
        ("diceLoss", dice, [probabilities, masks], {"smooth": 0.1}, 1),
        ("jaccardLoss", jaccard, [probabilities, masks], {}, 1),
        ("jaccardLoss", jaccard, [probabilities, masks], {"smooth": 0.1}, 1),
        ("lovaszHingeLoss", lovasz_hinge, [randn(2, 3, 3), torch.randint(0, 2, (2, 3, 3)).to(F64)], {}, 1),
        ("lovaszSoftmaxLoss", lovasz_softmax, [torch.softmax(randn(2, 3, 2, 2), 1), labels], {}, 1),
        ("contrastiveLoss", contrastive, [x1, x2, pairs], {}, 2),
        ("contrastiveLoss", contrastive, [x1, x2, pairs], {"margin": 3.0}, 2),
        ("infoNCELoss", info_nce, [x1, x2], {}, 2),
        ("infoNCELoss", info_nce, [x1, x2], {"negatives": vectors, "temperature": 0.5}, 2),
        ("gaussianKLLoss", normal_divergence, [x1, x2], {}, 2),
        ("gaussianKLLoss", normal_divergence, [x1, x2], {"prior_mean": randn(3), "prior_log_var": randn(3)}, 2),
        ("hingeDiscriminatorLoss", lambda r, f: (1 - r).relu().mean() + (1 + f).relu().mean(), [randn(4), randn(3)], {}, 2),
        ("generatorLoss", lambda f: -f.mean(), [randn(4)], {}, 1),
        ("wassersteinCriticLoss", lambda r, f: f.mean() - r.mean(), [randn(4), randn(3)], {}, 2),
    ]:  # fmt: skip
        result = run(fn, inputs, options, count)
        out.append({"name": name, "inputs": dump_all(inputs), "options": dump_all(options), "leaves": count, **result})
    return out


def penalties():
    """The gradient penalty of a critic of two layers: its gradients are derivatives of derivatives."""

    def penalty(real, fake, mix, w1, b1, w2, weight=10.0, target=1.0):
        between = (mix[:, None] * real + (1 - mix[:, None]) * fake).detach().requires_grad_()
        score = torch.tanh(between @ w1 + b1) @ w2
        (slopes,) = torch.autograd.grad(score.sum(), between, create_graph=True)
        return weight * ((slopes.norm(dim=1) - target) ** 2).mean()

    out = []
    for options in [{}, {"weight": 2.0, "target": 0.0}]:
        inputs = [randn(3, 2), randn(3, 2), shares(3), randn(2, 4), randn(4), randn(4, 1)]
        result = run(penalty, inputs, options)
        out.append({"name": "gradientPenalty", "inputs": dump_all(inputs), "options": dump_all(options), **result})
    return out
