import * as nn from "../nn/index.ts";
import { type Tensor } from "../tensor/index.ts";

/** Options of `LeNet5`. */
export interface LeNetOptions {
  /** Default 10. */
  readonly numClasses?: number;
  /** Channels of the images. Default 1. */
  readonly inChannels?: number;
}

/**
 * LeNet-5 (LeCun et al. 1998) for images of 28 × 28, with what its layers have become since: relu for the
 * sigmoid, maxima for the trained means, and scores of classes at the end. 61,706 parameters.
 *
 * @example
 * const net = new LeNet5();
 * net.forward(rand([64, 1, 28, 28])); // (64, 10)
 */
export class LeNet5 extends nn.Layer {
  readonly conv1: nn.Conv2d;
  readonly conv2: nn.Conv2d;
  readonly fc1: nn.Linear;
  readonly fc2: nn.Linear;
  readonly fc3: nn.Linear;

  constructor({ numClasses = 10, inChannels = 1 }: LeNetOptions = {}) {
    super();
    this.conv1 = new nn.Conv2d(inChannels, 6, 5, { padding: 2 });
    this.conv2 = new nn.Conv2d(6, 16, 5);
    this.fc1 = new nn.Linear(16 * 5 * 5, 120);
    this.fc2 = new nn.Linear(120, 84);
    this.fc3 = new nn.Linear(84, numClasses);
  }

  /** @param x - (N, inChannels, 28, 28). @returns Scores (N, numClasses). */
  forward(x: Tensor): Tensor {
    x = nn.functional.maxPool2d(this.conv1.forward(x).relu(), 2);
    x = nn.functional.maxPool2d(this.conv2.forward(x).relu(), 2);
    x = this.fc1.forward(x.flatten(1)).relu();
    x = this.fc2.forward(x).relu();
    return this.fc3.forward(x);
  }
}
