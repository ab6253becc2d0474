import js from "@eslint/js";
import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";
import { importOrder } from "./tools/rooms.js";

export default defineConfig(
  { ignores: ["**/node_modules/", "dist/", "out/", "coverage/", "benchmarks/results/"] },
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
      "no-console": "error",
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
    // They speak to a terminal.
    files: ["tools/**", "benchmarks/**", "examples/**"],
    rules: { "no-console": "off" },
  },
);
