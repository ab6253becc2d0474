/** Entries of PyTorch's list that have no meaning here, and why. */
export const NOT_APPLICABLE: Readonly<Record<string, string>> = {
  ...because("sparse tensors", "sparse.sampled_addmm sparse.mm[reduce] to_sparse"),
  ...because(
    "CUDA source that PyTorch compiles",
    "jiterator_unary jiterator_binary jiterator_4inputs_with_extra_args " +
      "jiterator_binary_return_by_ref jiterator_2inputs_2outputs",
  ),
  ...because(
    "a kernel of CUDA devices; `scaledDotProductAttention` is its public form",
    "torch.ops.aten._flash_attention_forward torch.ops.aten._efficient_attention_forward",
  ),
  ...because(
    "a kernel of CUDA devices",
    "bmm[triton_optimized] nn.functional.batch_norm[without_cudnn]",
  ),
  ...because("products of 8-bit floats", "torch._scaled_mm torch._scaled_mm_v2"),
  ...because("changes a tensor in place; tensors are values", "resize_ resize_as_"),
  ...because("a view of memory outside the tensor's own elements", "as_strided[partial_views]"),
  ...because("a hash of the bits, in 64-bit integers", "hash_tensor"),
  ...because(
    "the gradient of another operator, which the graph derives",
    "_softmax_backward_data native_dropout_backward max_pool2d_with_indices_backward",
  ),
  ...because(
    "an internal form of a layer, which also gives what PyTorch saves for its gradient",
    "native_layer_norm native_group_norm native_batch_norm _native_batch_norm_legit " +
      "_batch_norm_with_update",
  ),
  ...because(
    "an internal form of another operator, without checks",
    "_unsafe_masked_index _unsafe_masked_index_put_accumulate torch.ops.aten._safe_softmax.default " +
      "_chunk_cat grid_sampler_2d grid_sampler_3d",
  ),
  ...because(
    "an argument that is an object of PyTorch",
    "nn.functional.linear_cross_entropy[chunked] nn.functional.linear_cross_entropy[chunked_none] " +
      "nn.functional.triplet_margin_with_distance_loss",
  ),
};

function because(why: string, names: string): Record<string, string> {
  return Object.fromEntries(names.split(" ").map((name) => [name, why]));
}
