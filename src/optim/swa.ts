/**
 * Averages of weights over training, with the names and numbers of PyTorch's `torch.optim.swa_utils`.
 *
 * @module
 */
export { SWALR, type SWALROptions } from "./schedules/swa.ts";
