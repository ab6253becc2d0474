"""Layers without windows and weights, and what else layer_cases.py leaves out."""

import torch
from torch import nn

from layer_vectors import F64, WITH_INDICES, causal, layer, randn, ties

INF = float("inf")
BOTH = ("train", "eval")


def activations():
    x = torch.tensor([[-30.0, -3.0, -1.0, -0.5, 0.0], [0.25, 0.5, 1.0, 3.0, 30.0]], dtype=F64)
    images = randn(2, 3, 2, 2)
    out = [
        layer(kind, args, [x])
        for kind, args in [
            ("ReLU", []), ("ReLU6", []), ("LeakyReLU", []), ("LeakyReLU", [0.2]), ("ELU", []),
            ("ELU", [0.5]), ("SELU", []), ("CELU", []), ("CELU", [2.0]), ("SiLU", []), ("Mish", []),
            ("Sigmoid", []), ("LogSigmoid", []), ("Tanh", []), ("Softplus", []), ("Softplus", [2.0, 5.0]),
            ("Softsign", []), ("Hardtanh", []), ("Hardtanh", [-2.0, 0.4]), ("Hardsigmoid", []),
            ("Hardswish", []), ("Hardshrink", []), ("Hardshrink", [1.5]), ("Softshrink", []),
            ("Softshrink", [1.5]), ("Tanhshrink", []), ("Threshold", [0.3, 20.0]), ("Softmax", [0]),
            ("Softmax", [-1]), ("LogSoftmax", [1]), ("Softmin", [1]),
        ]
    ]  # fmt: skip
    out.append(layer("GELU", [], [x]))
    out.append(layer("GELU", [], [x], {"approximate": "tanh"}))
    out.append(layer("GLU", [], [randn(2, 6)]))
    out.append(layer("GLU", [0], [randn(4, 3)]))
    out.append(layer("PReLU", [1], [images]))
    out.append(layer("PReLU", [3], [images], {"init": 0.1}))
    out.append(layer("RReLU", [], [x], modes=("eval",)))
    out.append(layer("RReLU", [0.25, 0.25], [x], modes=BOTH))
    out.append(layer("Softmax2d", [], [images]))
    out.append(layer("Softmax2d", [], [images[0]]))
    return out


def dropouts():
    """What does not depend on the random numbers."""
    x = {"Dropout1d": randn(2, 3, 4), "Dropout2d": randn(2, 3, 2, 2), "Dropout3d": randn(2, 3, 2, 1, 2)}
    out = []
    for kind in ["Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "AlphaDropout", "FeatureAlphaDropout"]:
        own = x.get(kind, randn(2, 3, 2))
        out.append(layer(kind, [0.3], [own], modes=("eval",)))
        out.append(layer(kind, [0.0], [own], modes=BOTH))
        out.append(layer(kind, [1.0], [own]))
    return out


def shapes():
    one, two, three = randn(2, 2, 5), randn(2, 2, 4, 5), randn(1, 2, 3, 4, 3)
    out = [
        layer("Identity", [], [one]),
        layer("Flatten", [], [two]),
        layer("Flatten", [0, 2], [two]),
        layer("Unflatten", [1, [2, 1, 2]], [randn(3, 4)]),
        layer("PixelShuffle", [2], [randn(1, 8, 2, 3)]),
        layer("PixelUnshuffle", [2], [randn(1, 2, 4, 6)]),
        layer("ChannelShuffle", [3], [randn(1, 6, 2, 2)]),
        layer("Unfold", [2], [two]),
        layer("Unfold", [[2, 3]], [two], {"dilation": [2, 1], "padding": [1, 0], "stride": [1, 2]}),
        layer("Fold", [[4, 5], 2], [randn(1, 8, 12)]),
        layer("Fold", [[4, 5], [2, 3]], [randn(1, 6, 8)], {"dilation": [2, 1], "padding": [1, 0], "stride": [1, 2]}),
        layer("LocalResponseNorm", [2], [two]),
        layer("LocalResponseNorm", [3], [one], {"alpha": 0.5, "beta": 0.3, "k": 2.0}),
        layer("CosineSimilarity", [], [randn(3, 4), randn(3, 4)]),
        layer("CosineSimilarity", [], [two, two.flip(0)], {"dim": 2, "eps": 0.1}),
        layer("PairwiseDistance", [], [randn(3, 4), randn(3, 4)]),
        layer("PairwiseDistance", [], [randn(3, 4), randn(3, 4)], {"p": 1.0, "eps": 0.1, "keepdim": True}),
    ]
    for n, x in [(1, one), (2, two), (3, three)]:
        for kind in ["ZeroPad", "ReflectionPad", "ReplicationPad", "CircularPad", "ConstantPad"]:
            value = [1.5] if kind == "ConstantPad" else []
            for padding in [1, [1, 2, 2, 0, 0, 1][: 2 * n]]:
                out.append(layer(f"{kind}{n}d", [padding, *value], [x]))
    out.append(layer("ZeroPad2d", [[-1, 1, 0, -2]], [two]))
    for x, options in [
        (one, {"scale_factor": 2}),
        (one, {"size": 7, "mode": "linear"}),
        (one, {"scale_factor": 1.7, "mode": "linear", "align_corners": True}),
        (two, {"scale_factor": (1.5, 0.6)}),
        (two, {"scale_factor": 2, "mode": "bilinear"}),
        (two, {"size": [7, 3], "mode": "bilinear", "align_corners": True}),
        (two, {"scale_factor": 2, "mode": "bicubic"}),
        (two, {"size": [7, 3], "mode": "bicubic", "align_corners": True}),
        (three, {"scale_factor": 2, "mode": "trilinear"}),
        (three, {"size": [2, 5, 4], "mode": "trilinear", "align_corners": True}),
    ]:
        out.append(layer("Upsample", [], [x], options))
    out.append(layer("UpsamplingNearest2d", [], [two], {"scale_factor": 2}))
    out.append(layer("UpsamplingBilinear2d", [], [two], {"size": [3, 8]}))
    return out


def more_pools():
    one, two, three = randn(2, 2, 7), randn(1, 2, 6, 7), randn(1, 2, 4, 4, 5)
    out = []
    for n, x in [(1, one), (2, two), (3, three)]:
        positive = x.abs() + 0.1
        out.append(layer(f"LPPool{n}d", [2, 2], [x]))
        out.append(layer(f"LPPool{n}d", [1.5, 2], [positive], {"stride": 1}))
        out.append(layer(f"LPPool{n}d", [3, 3], [positive], {"stride": 2, "ceil_mode": True}))
        out.append(layer(f"LPPool{n}d", [1, 2], [x]))
        out.append(layer(f"LPPool{n}d", [INF, 2], [x]))
        out.append(layer(f"MaxPool{n}d", [2], [x], method=WITH_INDICES))
        settings = {"stride": 3, "padding": 1}
        out.append(layer(f"MaxPool{n}d", [3], [x], settings, method=WITH_INDICES))
        out.append(layer(f"AdaptiveMaxPool{n}d", [2], [x], method=WITH_INDICES))
        even = x[..., : x.shape[-1] // 2 * 2].contiguous()
        pooled, at = getattr(nn, f"MaxPool{n}d")(2, return_indices=True)(even)
        out.append(layer(f"MaxUnpool{n}d", [2], [pooled, at]))
        pooled, at = getattr(nn, f"MaxPool{n}d")(2, return_indices=True)(x)
        out.append(layer(f"MaxUnpool{n}d", [2], [pooled, at, list(x.shape[2:])]))
        pooled, at = getattr(nn, f"MaxPool{n}d")(3, **settings, return_indices=True)(x)
        out.append(layer(f"MaxUnpool{n}d", [3], [pooled, at, list(x.shape[2:])], settings))
    for n, x in [(2, two), (3, three)]:
        # Shares that no rounding moves to another window.
        samples = {"_random_samples": torch.tensor([[[0.35, 0.55, 0.1], [0.82, 0.22, 0.45]]], dtype=F64)[..., :n]}
        kind = f"FractionalMaxPool{n}d"
        out.append(layer(kind, [2], [x], {"output_size": 5 - n}, own=samples))
        out.append(layer(kind, [2], [x], {"output_ratio": 0.5}, own=samples, method=WITH_INDICES))
        out.append(layer(kind, [[2, 1, 2][:n]], [x], {"output_size": [2, 3, 2][:n]}, own=samples))
    for options in [
        {"scale_factor": 1.7},
        {"scale_factor": (0.6, 1.3), "mode": "bilinear"},
        {"scale_factor": 1.3, "mode": "bilinear", "align_corners": True},
        {"scale_factor": 1.4, "mode": "bicubic"},
    ]:
        out.append(layer("Upsample", [], [two], {**options, "recompute_scale_factor": True}))
    return out


def more_embeddings():
    at = torch.tensor([[0, 2, 4], [2, 2, 1]])
    flat = torch.tensor([1, 2, 4, 3, 2, 1])
    weights = randn(2, 3)
    out = [
        layer("Embedding", [5, 3], [at], {"max_norm": 1.0}),
        layer("Embedding", [5, 3], [at], {"max_norm": 1.5, "norm_type": 1.0}),
        layer("Embedding", [5, 3], [at], {"scale_grad_by_freq": True}),
        layer("EmbeddingBag", [5, 3], [at], {"mode": "sum"}, {"per_sample_weights": weights}),
        layer("EmbeddingBag", [5, 3], [at], {"max_norm": 1.0}),
        layer("Bilinear", [3, 2, 4], [randn(2, 3), randn(2, 2)]),
        layer("Bilinear", [3, 2, 4], [randn(2, 2, 3), randn(2, 2, 2)], {"bias": False}),
        layer("Linear", [3, 2], [randn(4, 3)]),
        layer("Linear", [3, 2], [randn(2, 2, 3)], {"bias": False}),
    ]
    for mode in ["sum", "mean", "max"]:
        out.append(layer("EmbeddingBag", [5, 3], [at], {"mode": mode}))
        out.append(layer("EmbeddingBag", [5, 3], [at], {"mode": mode, "padding_idx": 2}))
        call = {"offsets": torch.tensor([0, 2, 2])}
        out.append(layer("EmbeddingBag", [5, 3], [flat], {"mode": mode}, call))
        call = {"offsets": torch.tensor([0, 3, 6])}
        options = {"mode": mode, "include_last_offset": True}
        out.append(layer("EmbeddingBag", [5, 3], [flat], options, call))
    # PyTorch 2.13.0 divides by how often another row is used, but for these.
    often = torch.tensor([[0, 1, 3], [2, 3, 3]])
    for options in [{"mode": "sum"}, {"mode": "mean"}, {"mode": "mean", "padding_idx": 1}]:
        options["scale_grad_by_freq"] = True
        out.append(layer("EmbeddingBag", [5, 3], [often], options))
    call = {"per_sample_weights": randn(2, 3)}
    out.append(layer("EmbeddingBag", [5, 3], [often], {"mode": "sum", "scale_grad_by_freq": True}, call))
    return out


def packed():
    """Recurrent nets over sequences of different lengths."""
    x, lengths = randn(4, 3, 2), [2, 4, 1]
    stacked = {"num_layers": 2, "bidirectional": True}
    out = []
    for kind, states in [("RNN", 1), ("GRU", 1), ("LSTM", 2)]:
        def state(*shape):
            return randn(*shape) if states == 1 else (randn(*shape), randn(*shape))

        out.append(layer(kind, [2, 3], [x], lengths=lengths))
        out.append(layer(kind, [2, 3], [x, state(4, 3, 3)], stacked, lengths=lengths))
    options = {"bidirectional": True, "batch_first": True}
    out.append(layer("GRU", [2, 3], [x.transpose(0, 1).contiguous()], options, lengths=lengths))
    out.append(layer("LSTM", [2, 3], [x], {"proj_size": 2, "bidirectional": True}, lengths=lengths))
    # Shorter than the padding.
    out.append(layer("LSTM", [2, 3], [x], lengths=[2, 3, 1]))
    return out


def more_attention():
    q, k, v = randn(3, 2, 4), randn(5, 2, 4), randn(5, 2, 4)
    padding = torch.tensor([[False, False, True, False, True], [False, True, False, False, False]])
    out = []
    for options, call in [
        ({"add_bias_kv": True}, {}),
        ({"add_zero_attn": True}, {"key_padding_mask": padding}),
        ({"add_bias_kv": True, "add_zero_attn": True}, {"attn_mask": randn(3, 5)}),
        ({"add_bias_kv": True, "kdim": 4, "vdim": 4, "bias": False}, {"need_weights": False}),
    ]:
        out.append(layer("MultiheadAttention", [4, 2], [q, k, v], options, call))
    sizes = {
        "d_model": 4, "nhead": 2, "num_encoder_layers": 2, "num_decoder_layers": 1,
        "dim_feedforward": 5, "dropout": 0.0,
    }  # fmt: skip
    src, tgt = randn(5, 2, 4), randn(3, 2, 4)
    for options, inputs, call in [
        ({}, [src, tgt], {"tgt_mask": causal(3)}),
        (
            {"batch_first": True, "norm_first": True, "activation": "gelu", "bias": False},
            [src.transpose(0, 1).contiguous(), tgt.transpose(0, 1).contiguous()],
            {"src_key_padding_mask": padding, "memory_key_padding_mask": padding},
        ),
        ({"layer_norm_eps": 0.1}, [src[:, 0].contiguous(), tgt[:, 0].contiguous()], {}),
    ]:
        out.append(layer("Transformer", [], inputs, {**sizes, **options}, call))
    return out


def parametrized():
    images = randn(1, 2, 4, 4)
    out = []
    for kind, args, x in [
        ("Linear", [3, 4], randn(2, 3)),
        ("Conv2d", [2, 3, 2], images),
        ("ConvTranspose2d", [2, 3, 2], images),
    ]:
        for settings in [{}, {"dim": 1}, {"dim": None}]:
            out.append(layer(kind, args, [x], parametrize=["weight_norm", settings]))
        for settings in [{}, {"n_power_iterations": 3, "dim": 1}]:
            out.append(layer(kind, args, [x], modes=BOTH, parametrize=["spectral_norm", settings]))
    out.append(layer("Linear", [3, 4], [randn(2, 3)], parametrize=["weight_norm", {"name": "bias"}]))
    out.append(layer("Linear", [3, 4], [randn(2, 3)], parametrize=["spectral_norm", {"name": "bias"}]))
    return out


def lazy():
    """Layers whose sizes come from their first input, or from the state that they load."""
    spaces = {1: (5,), 2: (4, 3), 3: (3, 2, 4)}
    out = [
        layer("LazyLinear", [3], [randn(2, 4)]),
        layer("LazyLinear", [2], [randn(2, 3, 4)], {"bias": False}),
    ]
    for n, space in spaces.items():
        x = randn(2, 4, *space)
        out.append(layer(f"LazyConv{n}d", [6, 2], [x], {"groups": 2, "padding": 1}))
        out.append(layer(f"LazyConv{n}d", [3, 2], [x[0].contiguous()], {"bias": False}))
        out.append(layer(f"LazyConvTranspose{n}d", [6, 2], [x], {"groups": 2, "stride": 2}))
        for kind in [f"LazyBatchNorm{n}d", f"LazyInstanceNorm{n}d"]:
            out.append(layer(kind, [], [x], modes=BOTH))
            options = {"affine": False, "momentum": 0.3}
            out.append(layer(kind, [], [x], options, modes=BOTH))
            out.append(layer(kind, [], [x], {"track_running_stats": False}, modes=BOTH))
    return out


def orthogonal():
    """Weights that are kept orthogonal, with all that is in their states: what they start with is drawn."""
    out = []
    for kind, args, x in [
        ("Linear", [3, 3], randn(2, 3)),
        ("Linear", [2, 4], randn(3, 2)),
        ("Linear", [4, 3], randn(2, 4)),
        ("Conv1d", [3, 2, 4], randn(1, 3, 5)),
    ]:
        for name in ["matrix_exp", "cayley", "householder"]:
            for trivial in [True, False]:
                settings = {"orthogonal_map": name, "use_trivialization": trivial}
                out.append(layer(kind, args, [x], parametrize=["orthogonal", settings]))
        out.append(layer(kind, args, [x], parametrize=["orthogonal", {}]))
    return out
