import torch
import torch.nn.functional as F
from torch import nn

LAYERS, HEADS, WIDTH, CONTEXT, VOCABULARY = 6, 6, 384, 256, 65


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.ln1 = nn.LayerNorm(WIDTH)
        self.qkv = nn.Linear(WIDTH, 3 * WIDTH)
        self.proj = nn.Linear(WIDTH, WIDTH)
        self.ln2 = nn.LayerNorm(WIDTH)
        self.fc1 = nn.Linear(WIDTH, 4 * WIDTH)
        self.fc2 = nn.Linear(4 * WIDTH, WIDTH)

    def forward(self, x, attend):
        n, length, _ = x.shape
        q, k, v = (
            part.view(n, length, HEADS, WIDTH // HEADS).transpose(1, 2)
            for part in self.qkv(self.ln1(x)).chunk(3, -1)
        )
        y = attend(q, k, v).transpose(1, 2).reshape(n, length, WIDTH)
        x = x + self.proj(y)
        return x + self.fc2(F.gelu(self.fc1(self.ln2(x))))


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.wte = nn.Embedding(VOCABULARY, WIDTH)
        self.wpe = nn.Embedding(CONTEXT, WIDTH)
        self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
        self.ln = nn.LayerNorm(WIDTH)
        self.head = nn.Linear(WIDTH, VOCABULARY, bias=False)

    def forward(self, tokens):
        """(N, L) gives logits (N, L, VOCABULARY)."""

        def attend(q, k, v):
            return F.scaled_dot_product_attention(q, k, v, is_causal=True)

        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        for block in self.blocks:
            x = block(x, attend)
        return self.head(self.ln(x))

    def decode(self, token, position, cache):
        """The logits after one more token (N, 1), whose keys and values join the cache in place: for each
        layer a pair (N, HEADS, CONTEXT, WIDTH // HEADS). `position` is a tensor, so that compiled code
        serves all positions."""
        seen = torch.arange(CONTEXT) <= position
        x = self.wte(token) + self.wpe(position)
        for block, (keys, values) in zip(self.blocks, cache):

            def attend(q, k, v, keys=keys, values=values):
                keys.index_copy_(2, position, k)
                values.index_copy_(2, position, v)
                return F.scaled_dot_product_attention(q, keys, values, attn_mask=seen)

            x = block(x, attend)
        return self.head(self.ln(x))[:, -1]

    def decode_short(self, token, position, cache):
        """The same over the part of the cache that is filled; `position` is a number."""
        x = self.wte(token) + self.wpe.weight[position]
        for block, (keys, values) in zip(self.blocks, cache):

            def attend(q, k, v, keys=keys, values=values):
                keys[:, :, position] = k[:, :, 0]
                values[:, :, position] = v[:, :, 0]
                end = position + 1
                return F.scaled_dot_product_attention(q, keys[:, :, :end], values[:, :, :end])

            x = block(x, attend)
        return self.head(self.ln(x))[:, -1]
