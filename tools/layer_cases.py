"""Layers with weights and windows, and what they are compared on: see fixtures-layers.py."""

import torch
from torch import nn

from layer_vectors import F64, causal, function, layer, randn, run_layer, ties


# --- convolutions -----------------------------------------------------------------------------------


def convolutions():
    one, two, three = randn(2, 4, 7), randn(2, 4, 5, 4), randn(1, 2, 3, 4, 3)
    out = []
    for args, options, x in [
        ([4, 6, 3], {}, one),
        ([4, 6, 3], {"padding": 1, "bias": False}, one),
        ([4, 6, 3], {"stride": 2, "padding": 3, "dilation": 2}, one),
        ([4, 6, 4], {"padding": "same", "dilation": 3}, one),
        ([4, 8, 2], {"groups": 4, "padding": "valid"}, one),
        ([4, 6, 3], {"padding": 2, "padding_mode": "reflect"}, one),
        ([4, 6, 3], {"padding": 2, "padding_mode": "replicate", "stride": 2}, one),
        ([4, 6, 3], {"padding": 3, "padding_mode": "circular"}, one),
        ([4, 6, 3], {"padding": 1}, one[0]),
    ]:
        out.append(layer("Conv1d", args, [x], options))
    for args, options, x in [
        ([4, 6, 3], {}, two),
        ([4, 6, 1], {"stride": 2}, two),
        ([4, 6, 3], {"stride": 2, "padding": 1, "bias": False}, two),
        ([4, 6, [3, 2]], {"stride": [2, 1], "padding": [1, 2], "dilation": [1, 2]}, two),
        ([4, 6, 3], {"stride": 3, "dilation": 2, "padding": 2}, two),
        ([4, 6, [2, 4]], {"padding": "same"}, two),
        ([4, 6, 3], {"groups": 2, "padding": 1}, two),
        ([4, 8, 3], {"groups": 4, "stride": 2}, two),
        ([4, 6, [2, 3]], {"padding": "same", "padding_mode": "reflect"}, two),
        ([4, 6, 3], {"padding": [1, 2], "padding_mode": "replicate"}, two),
        ([4, 6, 3], {"padding": [2, 1], "padding_mode": "circular", "stride": 2}, two),
        ([4, 6, 3], {"padding": 1}, two[1]),
    ]:
        out.append(layer("Conv2d", args, [x], options))
    for args, options, x in [
        ([2, 4, 2], {}, three),
        ([2, 4, [2, 3, 1]], {"stride": [1, 2, 2], "padding": [0, 1, 0]}, three),
        ([2, 4, 3], {"groups": 2, "padding": 1}, three),
        ([2, 3, 3], {"padding": 1, "padding_mode": "circular"}, three),
        ([2, 3, 2], {"padding": "same"}, three[0]),
    ]:
        out.append(layer("Conv3d", args, [x], options))
    for args, options, inputs in [
        ([4, 6, 3], {}, [one]),
        ([4, 6, 3], {"stride": 2, "padding": 1, "output_padding": 1}, [one]),
        ([4, 6, 2], {"stride": 3, "groups": 2, "bias": False}, [one]),
        ([4, 3, 3], {"dilation": 2, "padding": 2}, [one[0]]),
        ([4, 3, 4], {"stride": 3, "padding": 1}, [one, [22]]),
    ]:
        out.append(layer("ConvTranspose1d", args, inputs, options))
    for args, options, inputs in [
        ([4, 6, 2], {"stride": 2}, [two]),
        ([4, 6, 3], {"stride": 2, "padding": 1, "output_padding": 1}, [two]),
        ([4, 6, [3, 2]], {"stride": [1, 2], "padding": [1, 0], "dilation": [2, 1], "groups": 2}, [two]),
        ([4, 2, 3], {"padding": 1}, [two[0]]),
        ([4, 2, 3], {"stride": 2, "padding": 1}, [two, [10, 7]]),
    ]:
        out.append(layer("ConvTranspose2d", args, inputs, options))
    for args, options in [
        ([2, 3, 2], {"stride": 2}),
        ([2, 4, [2, 3, 2]], {"padding": [1, 1, 0], "groups": 2}),
    ]:
        out.append(layer("ConvTranspose3d", args, [three], options))
    return out


# --- pools ------------------------------------------------------------------------------------------


def pools():
    one, two, three = randn(2, 2, 10), randn(2, 2, 7, 8), randn(1, 2, 5, 4, 6)
    out = []
    for x, args, options in [
        (one, [2], {}),
        (one, [3], {}),
        (one, [3], {"stride": 2, "padding": 1}),
        (one, [2], {"stride": 3, "dilation": 3}),
        (one, [3], {"stride": 2, "ceil_mode": True}),
        (ties(2, 3, 9), [2], {}),
        (ties(2, 3, 9), [3], {"stride": 1}),
        (one[0], [2], {}),
    ]:
        out.append(layer("MaxPool1d", args, [x], options))
    for x, args, options in [
        (two, [2], {}),
        (two, [[3, 2]], {}),
        (two, [5], {"stride": 1}),
        (two, [3], {"stride": 2, "padding": 1}),
        (two, [[3, 2]], {"stride": [2, 1], "padding": [1, 0], "dilation": [1, 2]}),
        (two, [3], {"stride": 2, "padding": 1, "ceil_mode": True}),
        (two, [2], {"ceil_mode": True}),
        (ties(2, 2, 6, 6), [2], {}),
        (ties(2, 2, 6, 6), [3], {"stride": 2}),
        (two[0], [2], {}),
    ]:
        out.append(layer("MaxPool2d", args, [x], options))
    for x, args, options in [
        (three, [2], {}),
        (three, [[2, 1, 3]], {"stride": 1, "padding": [1, 0, 1]}),
    ]:
        out.append(layer("MaxPool3d", args, [x], options))
    for x, args, options in [
        (one, [2], {}),
        (one, [3], {"stride": 2, "padding": 1}),
        (one, [3], {"stride": 2, "padding": 1, "count_include_pad": False}),
        (one, [4], {"stride": 3, "padding": 2, "ceil_mode": True}),
        (one, [4], {"stride": 4, "ceil_mode": True, "count_include_pad": False}),
        (one[0], [10], {}),
    ]:
        out.append(layer("AvgPool1d", args, [x], options))
    for x, args, options in [
        (two, [2], {}),
        (two, [[7, 8]], {}),
        (two, [[3, 2]], {"divisor_override": 5}),
        (two, [3], {"stride": [2, 1], "padding": [1, 0]}),
        (two, [3], {"stride": 2, "padding": 1, "ceil_mode": True}),
        (two, [3], {"stride": 2, "padding": 1, "ceil_mode": True, "count_include_pad": False}),
        (two[1], [2], {"stride": 1, "divisor_override": 3}),
    ]:
        out.append(layer("AvgPool2d", args, [x], options))
    for x, args, options in [
        (three, [2], {}),
        (three, [[3, 2, 2]], {"stride": 2, "padding": 1, "count_include_pad": False}),
    ]:
        out.append(layer("AvgPool3d", args, [x], options))
    for kind in ["Avg", "Max"]:
        for x, args in [(one, [5]), (one, [3]), (one, [1]), (one[0], [12])]:
            out.append(layer(f"Adaptive{kind}Pool1d", args, [x]))
        for x, args in [
            (two, [1]),
            (two, [[3, 2]]),
            (two, [[7, 4]]),
            (two, [[None, 3]]),
            (two, [[9, 5]]),
            (two[0], [2]),
            (ties(1, 2, 7, 7), [3]),
        ]:
            out.append(layer(f"Adaptive{kind}Pool2d", args, [x]))
        for x, args in [(three, [1]), (three, [[2, 3, 4]])]:
            out.append(layer(f"Adaptive{kind}Pool3d", args, [x]))
    for x, options in [
        (one, {"scale_factor": 2}),
        (one, {"size": 7}),
        (two, {"scale_factor": 3}),
        (two, {"size": [5, 11]}),
        (two, {"scale_factor": (1.5, 0.6)}),
        (three, {"scale_factor": 2}),
    ]:
        out.append(layer("Upsample", [], [x], options))
    return out


# --- norms ------------------------------------------------------------------------------------------


def norms():
    out = []
    both = ("train", "eval")
    for kind, shape in [
        ("BatchNorm1d", (4, 3)),
        ("BatchNorm1d", (2, 3, 5)),
        ("BatchNorm2d", (2, 3, 4, 3)),
        ("BatchNorm3d", (2, 3, 2, 2, 3)),
    ]:
        x = randn(*shape)
        warm = [[randn(*shape)], [randn(*shape)]]
        out.append(layer(kind, [3], [x], {}, modes=both, warm=warm))
        if len(shape) in (2, 4):
            out.append(layer(kind, [3], [x], {"momentum": 0.3, "eps": 0.1}, modes=both, warm=warm))
            out.append(layer(kind, [3], [x], {"momentum": None}, modes=both, warm=warm))
            out.append(layer(kind, [3], [x], {"affine": False}, modes=both, warm=warm))
            out.append(layer(kind, [3], [x], {"track_running_stats": False}, modes=both))
    for kind, shape in [
        ("InstanceNorm1d", (2, 3, 5)),
        ("InstanceNorm2d", (2, 3, 4, 3)),
        ("InstanceNorm2d", (3, 4, 3)),
        ("InstanceNorm3d", (2, 3, 2, 2, 3)),
    ]:
        x = randn(*shape)
        out.append(layer(kind, [3], [x], {}, modes=both))
        options = {"affine": True, "track_running_stats": True, "momentum": 0.2}
        out.append(layer(kind, [3], [x], options, modes=both, warm=[[randn(*shape)]]))
    for args, options, shape in [
        ([5], {}, (2, 3, 5)),
        ([[3, 5]], {}, (2, 3, 5)),
        ([[5]], {"eps": 0.1, "elementwise_affine": False}, (2, 5)),
        ([5], {"bias": False}, (4, 5)),
        ([5], {}, (5,)),
    ]:
        out.append(layer("LayerNorm", args, [randn(*shape)], options))
    for args, options, shape in [
        ([5], {}, (2, 3, 5)),
        ([[3, 5]], {"eps": 0.1}, (2, 3, 5)),
        ([5], {"elementwise_affine": False}, (4, 5)),
    ]:
        out.append(layer("RMSNorm", args, [randn(*shape)], options))
    for args, options, shape in [
        ([2, 4], {}, (2, 4, 3, 2)),
        ([4, 4], {"eps": 0.1}, (2, 4, 5)),
        ([1, 4], {"affine": False}, (3, 4, 2)),
        ([2, 4], {"bias": False}, (3, 4)),
        ([2, 4], {}, (3, 4)),
    ]:
        out.append(layer("GroupNorm", args, [randn(*shape)], options))
    return out


# --- embeddings and recurrent nets ------------------------------------------------------------------


def embeddings():
    at = torch.tensor([[0, 2, 4], [2, 2, 1]])
    return [
        layer("Embedding", [5, 3], [at]),
        layer("Embedding", [5, 3], [at], {"padding_idx": 2}),
        layer("Embedding", [5, 3], [at[0]], {"padding_idx": -1}),
    ]


def recurrent():
    out = []
    x = randn(4, 2, 3)
    stacked = {"num_layers": 2, "bidirectional": True}
    for kind, states in [("RNN", 1), ("GRU", 1), ("LSTM", 2)]:
        def state(*shape):
            return randn(*shape) if states == 1 else (randn(*shape), randn(*shape))

        out.append(layer(kind, [3, 5], [x]))
        out.append(layer(kind, [3, 5], [x], {"bias": False, "num_layers": 2}))
        out.append(layer(kind, [3, 4], [x, state(4, 2, 4)], stacked))
        out.append(layer(kind, [3, 4], [x.transpose(0, 1).contiguous()], {"batch_first": True, **stacked}))
        out.append(layer(kind, [3, 4], [x[:, 0].contiguous(), state(1, 4)]))
        out.append(layer(kind, [3, 4], [x], {"dropout": 0.5, "num_layers": 2}, modes=("eval",)))
        for inputs in [[randn(2, 3)], [randn(2, 3), state(2, 4)], [randn(3), state(4)]]:
            out.append(layer(f"{kind}Cell", [3, 4], inputs))
        out.append(layer(f"{kind}Cell", [3, 4], [randn(2, 3)], {"bias": False}))
    out.append(layer("RNN", [3, 5], [x], {"nonlinearity": "relu", "num_layers": 2}))
    out.append(layer("RNNCell", [3, 5], [x[0], randn(2, 5)], {"nonlinearity": "relu"}))
    out.append(layer("LSTM", [3, 5], [x], {"proj_size": 2, **stacked}))
    out.append(layer("LSTM", [3, 5], [x, (randn(1, 2, 2), randn(1, 2, 5))], {"proj_size": 2}))
    return out


# --- attention --------------------------------------------------------------------------------------


def attention():
    out = []
    q, k, v = randn(2, 2, 3, 4), randn(2, 2, 5, 4), randn(2, 2, 5, 3)
    mask = torch.tensor([[1, 0, 1, 1, 0], [0, 0, 0, 0, 0], [1, 1, 1, 0, 1]]).bool()
    for inputs, options in [
        ([q, k, v], {}),
        ([q, k, v], {"scale": 0.3}),
        ([q, k, v], {"is_causal": True}),
        ([q, k, v], {"attn_mask": mask}),
        ([q, k, v], {"attn_mask": randn(2, 1, 3, 5)}),
        ([q, k, v], {"attn_mask": torch.zeros(3, 5, dtype=F64).masked_fill(~mask, float("-inf"))}),
        ([q[0, 0], k[0, 0], v[0, 0]], {"is_causal": True}),
        ([randn(2, 4, 3, 4), k, v], {"enable_gqa": True, "is_causal": True}),
        ([randn(2, 6, 3, 4), k, v], {"enable_gqa": True, "attn_mask": randn(2, 6, 3, 5)}),
    ]:
        out.append(function("scaled_dot_product_attention", inputs, options))
    return out


def multihead():
    out = []
    q, k, v = randn(3, 2, 4), randn(5, 2, 4), randn(5, 2, 4)
    padding = torch.tensor([[False, False, True, False, True], [False, True, False, False, False]])
    float_padding = torch.zeros(2, 5, dtype=F64).masked_fill(padding, float("-inf"))
    blocked = torch.tensor([[0, 1, 0, 0, 0], [0, 0, 0, 1, 0], [0, 0, 1, 0, 1]]).bool()
    first = {"batch_first": True}
    x = randn(2, 3, 4)
    for args, options, inputs, call in [
        ([4, 2], {}, [q, k, v], {}),
        ([4, 2], {"bias": False}, [q, k, v], {"average_attn_weights": False}),
        ([4, 2], {}, [q, k, v], {"need_weights": False}),
        ([4, 2], {}, [q, k, v], {"key_padding_mask": padding}),
        ([4, 2], {}, [q, k, v], {"key_padding_mask": float_padding, "attn_mask": randn(3, 5)}),
        ([4, 2], {}, [q, k, v], {"key_padding_mask": padding, "attn_mask": blocked}),
        ([4, 2], {}, [q, k, v], {"attn_mask": randn(4, 3, 5), "average_attn_weights": False}),
        ([4, 1], first, [x, x, x], {"attn_mask": causal(3)}),
        ([4, 1], first, [x, x, x], {"attn_mask": causal(3), "is_causal": True, "need_weights": False}),
        ([4, 2], {}, [q[:, 0].contiguous(), k[:, 0].contiguous(), v[:, 0].contiguous()], {}),
        ([4, 2], {}, [x[0], x[0], x[0]], {"key_padding_mask": torch.tensor([False, True, False])}),
        ([4, 2], {"kdim": 3, "vdim": 6}, [q, randn(5, 2, 3), randn(5, 2, 6)], {}),
        ([4, 2], {"kdim": 3, "vdim": 6, "bias": False}, [q, randn(5, 2, 3), randn(5, 2, 6)], {}),
    ]:
        out.append(layer("MultiheadAttention", args, inputs, options, call))
    return out


def transformers():
    out = []
    plain = {"dim_feedforward": 6, "dropout": 0.0}
    x, memory = randn(3, 2, 4), randn(5, 2, 4)
    turned = x.transpose(0, 1).contiguous()
    padding = torch.tensor([[False, False, True], [False, False, False]])
    for options, inputs, call in [
        ({}, [x], {}),
        ({"norm_first": True, "activation": "gelu"}, [x], {"src_mask": causal(3)}),
        ({"batch_first": True, "layer_norm_eps": 0.1}, [turned], {"src_key_padding_mask": padding}),
        ({"bias": False}, [x[:, 0].contiguous()], {}),
    ]:
        out.append(layer("TransformerEncoderLayer", [4, 2], inputs, {**plain, **options}, call))
    for options, inputs, call in [
        ({}, [x, memory], {}),
        ({"norm_first": True, "activation": "gelu"}, [x, memory], {"tgt_mask": causal(3)}),
        (
            {"batch_first": True, "bias": False},
            [turned, memory.transpose(0, 1).contiguous()],
            {"tgt_key_padding_mask": padding, "memory_mask": randn(3, 5)},
        ),
    ]:
        out.append(layer("TransformerDecoderLayer", [4, 2], inputs, {**plain, **options}, call))
    # Stacks are made of a layer: `args` are those of the layer, and their number.
    for stack, one, inputs, call in [
        ("TransformerEncoder", nn.TransformerEncoderLayer, [x], {"mask": causal(3)}),
        ("TransformerDecoder", nn.TransformerDecoderLayer, [x, memory], {"tgt_mask": causal(3)}),
    ]:
        module = getattr(nn, stack)(one(4, 2, **plain), 2, norm=nn.LayerNorm(4)).double()
        out.append(run_layer(stack, [4, 2, 2], module, inputs, plain, call))
    return out
