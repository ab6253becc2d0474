import { sameShape, showShape } from "../ir/shape.ts";
import { grad, rand, randn, type Tensor } from "../tensor/index.ts";
import { type LossOptions, reduced } from "./loss-functions.ts";

// Parts of the losses of autoencoders and adversarial nets.

function checkSame(a: Tensor, b: Tensor, names: string, what: string): void {
  if (!sameShape(a.shape, b.shape))
    throw new Error(
      `${what}: expected ${names} of one shape, got ${showShape(a.shape)} and ${showShape(b.shape)}`,
    );
}

/** Options of `gaussianKLLoss`. */
export interface GaussianKLOptions extends LossOptions {
  /** Mean of the prior; broadcasts. Default 0. */
  readonly priorMean?: Tensor | number;
  /** Logarithm of the prior's variance; broadcasts. Default 0. */
  readonly priorLogVar?: Tensor | number;
}

/**
 * Kullback-Leibler divergence of normal distributions with independent components (…, D) from a prior, by
 * default the standard normal one: the sum over components of `(log(σ₀²/σ²) + (σ² + (μ - μ₀)²) / σ₀² - 1) / 2`,
 * then the mean over samples (Kingma & Welling 2014). With the loss of the reconstruction it is the negative
 * ELBO.
 *
 * @throws Error for shapes that differ.
 *
 * @example
 * nn.functional.gaussianKLLoss(tensor([[1, 0]]), tensor([[0, 0]])); // 0.5
 */
export function gaussianKLLoss(
  mean: Tensor,
  logVar: Tensor,
  options: GaussianKLOptions = {},
): Tensor {
  const what = "gaussianKLLoss";
  const { priorMean = 0, priorLogVar = 0, reduction } = options;
  checkSame(mean, logVar, "mean and logVar", what);
  // The difference of the logarithms stays where the quotient of the variances would overflow.
  const spread = logVar.sub(priorLogVar);
  const shift = mean.sub(priorMean).square();
  const away =
    typeof priorLogVar === "number"
      ? shift.mul(Math.exp(-priorLogVar))
      : shift.mul(priorLogVar.neg().exp());
  const loss = spread.exp().add(away).sub(1).sub(spread).mul(0.5).sum(-1);
  return reduced(loss, reduction, what);
}

/**
 * A draw from normal distributions, through which gradients reach mean and logVar: `mean + exp(logVar / 2) ·
 * noise` (Kingma & Welling 2014).
 *
 * @throws Error for shapes that differ.
 *
 * @example
 * nn.functional.reparameterize(zeros([8, 16]), zeros([8, 16])); // (8, 16)
 */
export function reparameterize(mean: Tensor, logVar: Tensor): Tensor {
  checkSame(mean, logVar, "mean and logVar", "reparameterize");
  return mean.add(
    logVar
      .mul(0.5)
      .exp()
      .mul(randn(mean.shape, { dtype: mean.dtype })),
  );
}

/**
 * The hinge loss of a discriminator: `max(0, 1 - real) + max(0, 1 + fake)`, means over samples (Lim & Ye
 * 2017).
 *
 * @example
 * nn.functional.hingeDiscriminatorLoss(tensor([0.5]), tensor([0])); // 1.5
 */
export const hingeDiscriminatorLoss = (real: Tensor, fake: Tensor): Tensor =>
  real.neg().add(1).relu().mean().add(fake.add(1).relu().mean());

/**
 * What a generator makes smaller: minus the mean score of what it made. For `hingeDiscriminatorLoss` and
 * `wassersteinCriticLoss` alike.
 *
 * @example
 * nn.functional.generatorLoss(tensor([1, 3])); // -2
 */
export const generatorLoss = (fake: Tensor): Tensor => fake.mean().neg();

/**
 * The loss of a critic that estimates Wasserstein's distance: the mean score of what was made less that of
 * what is real (Arjovsky et al. 2017). Needs `gradientPenalty` beside it.
 *
 * @example
 * nn.functional.wassersteinCriticLoss(tensor([1, 3]), tensor([0, 1])); // -1.5
 */
export const wassersteinCriticLoss = (real: Tensor, fake: Tensor): Tensor =>
  fake.mean().sub(real.mean());

/** Options of `gradientPenalty`. */
export interface GradientPenaltyOptions {
  /** Default 10. */
  readonly weight?: number;
  /** The length that gradients are to have. Default 1. */
  readonly target?: number;
  /** Share of the real sample in each mixture, (N). Default: drawn from [0, 1). */
  readonly mix?: Tensor;
}

/**
 * `weight · (‖∇ critic(x)‖ - target)²`, the mean over mixtures x of real and made samples (N, …) (Gulrajani et
 * al. 2017). Its gradient is a derivative of a derivative.
 *
 * @param critic - Scores of samples.
 * @throws Error for shapes that differ.
 *
 * @example
 * const critic = (x: Tensor) => x.mul(3).sum(1);
 * nn.functional.gradientPenalty(critic, zeros([2, 1]), ones([2, 1])); // 40
 */
export function gradientPenalty(
  critic: (x: Tensor) => Tensor,
  real: Tensor,
  fake: Tensor,
  options: GradientPenaltyOptions = {},
): Tensor {
  const what = "gradientPenalty";
  const { weight = 10, target = 1 } = options;
  checkSame(real, fake, "real and made samples", what);
  const samples = real.shape[0];
  const { mix = rand([samples], { dtype: real.dtype }) } = options;
  if (!sameShape(mix.shape, [samples]))
    throw new Error(`${what}: expected mix [${samples}], got ${showShape(mix.shape)}`);
  const share = mix.reshape(samples, ...real.shape.slice(1).map(() => 1));
  const between = real.mul(share).add(fake.mul(share.neg().add(1)));
  const slopes = grad((x: Tensor) => critic(x).sum())(between.detach());
  return slopes.flatten(1).norm(2, 1).sub(target).square().mean().mul(weight);
}
