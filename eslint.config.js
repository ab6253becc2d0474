import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";
import { importOrder } from "./tools/rooms.js";

export default defineConfig(
  { ignores: ["**/node_modules/", "dist/", "out/", "coverage/", "**/.build/", "**/.venv/"] },
  js.configs.recommended,
  {
    files: ["**/*.ts", "**/*.js"],
    linterOptions: { reportUnusedDisableDirectives: "error" },
    languageOptions: { parserOptions: { ecmaVersion: "latest", sourceType: "module" } },
    rules: {
      // One file, one subject: the limit makes a second subject visible.
      "max-lines": ["error", { max: 500 }],
      eqeqeq: "error",
      "no-restricted-syntax": [
        "error",
        { selector: "ForInStatement", message: "Use for … of over Object.keys or entries." },
      ],
      "prefer-const": "error",
      "object-shorthand": "error",
      "no-var": "error",
      // Warnings are for whoever runs the program; anything else needs a reason.
      "no-console": ["error", { allow: ["warn"] }],
    },
  },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        {
          ignoreArrowShorthand: true,
          ignoreVoidOperator: true,
          ignoreVoidReturningFunctions: true,
        },
      ],
      // Indices and map entries that the code around them has made sure of.
      "@typescript-eslint/no-non-null-assertion": "off",
      // It trusts the types where the code must not: arguments of callers without a type checker, files,
      // elements past the end of an array, missing keys, globals that some platforms lack.
      "@typescript-eslint/no-unnecessary-condition": "off",
      // The interface of a device that answers later: `async` makes promises of values and of errors.
      "@typescript-eslint/require-await": "off",
      // A subclass may need the parameter.
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
    },
  },
  {
    // The type checker knows which globals there are.
    files: ["**/*.js"],
    rules: { "no-undef": "off" },
  },
  {
    files: ["src/**/*.ts"],
    plugins: { nabla: { rules: { "import-order": importOrder } } },
    rules: { "nabla/import-order": "error" },
  },
  {
    // Here loops run for every node of every step: an iterator or a list of keys for each is measurable.
    files: ["src/{ir,compiler,codegen,runtime}/**"],
    rules: { "@typescript-eslint/prefer-for-of": "off", "no-restricted-syntax": "off" },
  },
  {
    files: ["test/**"],
    rules: {
      // Reference values stand as their source gives them, with more digits than a number keeps.
      "no-loss-of-precision": "off",
      // Functions of Math are values like any other.
      "@typescript-eslint/unbound-method": "off",
    },
  },
  {
    // They speak to a terminal.
    files: ["test/**", "tools/**", "benchmarks/**", "examples/**"],
    rules: { "no-console": "off" },
  },
);
