import { nn, type Tensor } from "nabla";

/** Sizes and rates, the same for PyTorch. */
export const SETTINGS = {
  channels: [16, 32],
  hidden: 128,
  dropout: 0.25,
  batchSize: 128,
  maxLr: 0.004,
  weightDecay: 0.01,
} as const;

/** Two convolutions, each with a max pool, and two linear layers. */
export class Cnn extends nn.Module {
  pool = new nn.MaxPool2d(2);
  conv1 = new nn.Conv2d(1, SETTINGS.channels[0], 3, { padding: 1 });
  conv2 = new nn.Conv2d(SETTINGS.channels[0], SETTINGS.channels[1], 3, { padding: 1 });
  fc1 = new nn.Linear(7 * 7 * SETTINGS.channels[1], SETTINGS.hidden);
  fc2 = new nn.Linear(SETTINGS.hidden, 10);
  dropout = new nn.Dropout(SETTINGS.dropout);

  /** Images (N, 1, 28, 28) to scores (N, 10). */
  forward(x: Tensor): Tensor {
    x = this.pool.forward(this.conv1.forward(x).relu());
    x = this.pool.forward(this.conv2.forward(x).relu());
    x = this.fc1.forward(this.dropout.forward(x.flatten(1))).relu();
    return this.fc2.forward(this.dropout.forward(x));
  }
}
