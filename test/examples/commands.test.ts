import { expect, test } from "vitest";
import { type Printed, runExamples } from "./commands.ts";

test("without a name the examples are listed", () => {
  const { status, stdout } = runExamples();
  expect(status).toBe(0);
  expect(
    stdout
      .trim()
      .split(/\s*\n\s*/)
      .slice(1),
  ).toEqual(["births", "cnn", "mnist", "moby-dick", "spam"]);
});

test("what cannot be followed ends with a message and code 2", () => {
  const unknown = runExamples("bird");
  expect(unknown.status).toBe(2);
  expect(unknown.stderr).toMatch(/^There is no example "bird"\n/);
  const wrong = runExamples("spam", "--cell", "rnn");
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toBe(
    '--cell: expected lstm, gru or both, got "rnn"\nSee npm run example -- spam --help\n',
  );
});

test.each(["births", "cnn", "moby-dick", "spam"])("%s says what it can do", (name) => {
  const { status, stdout } = runExamples(name, "--help");
  expect(status).toBe(0);
  expect(stdout).toContain(`Usage: npm run example -- ${name} [options]`);
  expect(stdout).toContain("--torch PYTHON");
});

test("an example ends with the figures of both, and one line of JSON where asked to", () => {
  const { status, stdout, stderr } = runExamples("births", "--epochs", "2", "--json");
  expect(status).toBe(0);
  const printed = JSON.parse(stdout) as Printed;
  expect(printed).toMatchObject({ example: "births", epochs: 2, pytorch: { recorded: true } });
  expect(printed.figures.mae).toBeLessThan(printed.figures.lastWeek);
  expect(stderr).toMatch(/mean absolute error +[\d.]+ births +[\d.]+ births +[+−][\d.]+\n/);
  expect(stderr).toMatch(/PyTorch's figures are those of \d{4}-\d\d-\d\d \(40 epochs, seed 0\)/);
});
