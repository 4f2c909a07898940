// The language of the house: what the compiler accepts and we do not. Layers are dependency-cruiser's (`.dependency-cruiser.js`),
// spaces and semicolons Prettier's. Types come from one program over everything (`tsconfig.lint.json`), since the layers'
// own projects would need each other's built declarations first.
import vueI18n from '@intlify/eslint-plugin-vue-i18n'
import vue from 'eslint-plugin-vue'
import accessibility from 'eslint-plugin-vuejs-accessibility'
import { defineConfig } from 'eslint/config'
import tseslint from 'typescript-eslint'
import vueParser from 'vue-eslint-parser'

const sources = ['core/**/*.ts', 'electron/**/*.ts', 'renderer/**/*.ts', '*.ts']
const components = ['renderer/**/*.vue']
const plain = ['**/*.js', '**/*.mjs', '**/*.cjs']
const tests = ['**/*.test.ts', 'core/testing/**/*.ts']
const hosts = ['core/hosts/**', 'core/bench/**', 'electron/*/index.ts'] // where clock, log and key come from

/** A rule of ours that looks at one kind of node or at the comments. */
const ruleOf = (description, message, create) => ({
  meta: { type: 'suggestion', docs: { description }, schema: [], messages: { refused: message } },
  create,
})

const house = {
  rules: {
    'as-with-reason': ruleOf(
      'A type assertion says why it is safe.',
      '`as` silences the compiler: expected a comment on this line or the one above that says why it is safe',
      (context) => ({
        TSAsExpression(node) {
          if (node.typeAnnotation.typeName?.name === 'const') return
          const { start, end } = node.loc
          const isNear = (comment) => comment.loc.end.line >= start.line - 1 && comment.loc.start.line <= end.line
          if (!context.sourceCode.getAllComments().some(isNear)) context.report({ node, messageId: 'refused' })
        },
      }),
    ),
    'suppression-with-reason': ruleOf('A suppression says why.', 'a suppression: expected its reason after " -- "', (context) => ({
      Program() {
        for (const comment of context.sourceCode.getAllComments()) {
          if (/^\s*eslint-disable/.test(comment.value) && !/\s--\s+\S/.test(comment.value))
            context.report({ loc: comment.loc, messageId: 'refused' })
        }
      },
    })),
  },
}

/** Names of tfjs that draw from its own, unseeded or process-wide source. */
const drawn = 'rand|randomGamma|randomNormal|randomStandardNormal|randomUniform|randomUniformInt|truncatedNormal|multinomial|dropout'

const rooms = (lines) => ({
  'max-lines': ['error', { max: lines, skipBlankLines: false, skipComments: false }],
  'max-lines-per-function': ['error', { max: 60, skipBlankLines: false, skipComments: false }],
  'max-depth': ['error', 3],
  'max-params': ['error', 3],
})

const plainRules = {
  eqeqeq: ['error', 'smart'], // `== null` means null or undefined
  'no-empty': 'error',
  'no-var': 'error',
  'prefer-const': 'error',
  'no-unreachable': 'error',
  'no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx'], location: 'start' }],
}

const typedRules = {
  '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
  '@typescript-eslint/no-explicit-any': 'error',
  '@typescript-eslint/no-non-null-assertion': 'error',
  '@typescript-eslint/no-floating-promises': 'error',
  '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
  '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
  '@typescript-eslint/require-await': 'off', // a function of an interface that promises may have nothing to wait for
  '@typescript-eslint/unbound-method': 'off', // our records hold functions that use no `this`
  '@typescript-eslint/ban-ts-comment': ['error', { minimumDescriptionLength: 10, 'ts-expect-error': 'allow-with-description' }],
  'no-unused-vars': 'off', // the typed one above
}

const bans = {
  'no-restricted-globals': ['error', { name: 'console', message: 'only hosts print: pass a log in' }],
  'no-restricted-properties': [
    'error',
    { object: 'Math', property: 'random', message: 'a draw without a seed cannot be repeated: pass a key in (core/numerics/random)' },
    { object: 'Date', property: 'now', message: 'time is an input: pass a clock in' },
  ],
  'no-restricted-imports': [
    'error',
    {
      paths: [
        {
          name: '@tensorflow/tfjs-core',
          importNames: drawn.split('|'),
          message: 'tfjs draws from a source of its own, which no key of ours determines: pass a key in (core/numerics/random)',
        },
      ],
    },
  ],
}

const syntax = {
  date: { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: 'time is an input: pass a clock in' },
  drawn: {
    selector: `CallExpression[callee.object.name=/^(tf|tfc)$/][callee.property.name=/^(${drawn})$/]`,
    message: 'tfjs draws from a source of its own, which no key of ours determines: pass a key in (core/numerics/random)',
  },
  mock: {
    selector: "CallExpression[callee.object.name='vi'][callee.property.name=/^(mock|doMock|hoisted)$/]",
    message: 'no mocks of our own code: pass a stand-in in, and only for what cannot be had',
  },
  unnamed: { selector: 'ExportDefaultDeclaration', message: 'named exports only: a thing has one name everywhere' },
}

export default defineConfig(
  { ignores: ['node_modules/**', 'out/**', 'dist/**', '.build/**', '**/*.kagami/**', 'core/testing/layers/fixtures/**'] },
  { linterOptions: { reportUnusedDisableDirectives: 'error' }, plugins: { house }, rules: { 'house/suppression-with-reason': 'error' } },

  { files: plain, languageOptions: { ecmaVersion: 2023, sourceType: 'module' }, rules: { ...plainRules, ...rooms(400) } },

  {
    files: [...sources, ...components],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: {
      parserOptions: { project: ['./tsconfig.lint.json'], tsconfigRootDir: import.meta.dirname, extraFileExtensions: ['.vue'] },
    },
    rules: {
      ...plainRules,
      ...typedRules,
      ...rooms(400),
      ...bans,
      'house/as-with-reason': 'error',
      'no-restricted-syntax': ['error', ...Object.values(syntax)],
    },
  },
  { files: ['*.config.ts'], rules: { 'no-restricted-syntax': 'off' } }, // tools ask for a default export
  {
    files: hosts,
    rules: {
      'no-restricted-globals': 'off',
      'no-restricted-properties': 'off',
      'no-restricted-syntax': ['error', syntax.drawn, syntax.mock, syntax.unnamed],
    },
  },
  // A `describe` is a list of tests, not a function to read; the parameters of `test.each` are the columns of its table.
  // vitest's matchers (`expect.any`, `expect.objectContaining`) are `any` by their types.
  { files: tests, rules: { 'max-lines-per-function': 'off', 'max-params': 'off', '@typescript-eslint/no-unsafe-assignment': 'off' } },

  {
    files: components,
    extends: [vue.configs['flat/recommended'], vue.configs['no-layout-rules'], accessibility.configs['flat/recommended']],
    plugins: { '@intlify/vue-i18n': vueI18n },
    languageOptions: { parser: vueParser, parserOptions: { parser: tseslint.parser } },
    settings: { 'vue-i18n': { localeDir: './resources/messages/*.json', messageSyntaxVersion: '^11.0.0' } },
    rules: {
      ...rooms(250),
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/define-props-declaration': ['error', 'type-based'],
      'vue/define-emits-declaration': ['error', 'type-literal'],
      'vue/multi-word-component-names': 'off', // a screen is called by its one word
      'vue/no-v-html': 'error',
      // Either way ties label and field together; the plugin's default asks for both at once.
      'vuejs-accessibility/label-has-for': ['error', { required: { some: ['nesting', 'id'] } }],
      '@intlify/vue-i18n/no-raw-text': ['error', { ignorePattern: '^[\\s\\d\\p{P}\\p{S}]*$' }],
    },
  },
  {
    // TypeScript alone does not read an SFC: what comes from one is unknown here. vue-tsc checks these types.
    files: [...components, 'renderer/**/*.ts'],
    rules: Object.fromEntries(
      ['argument', 'assignment', 'call', 'member-access', 'return'].map((use) => [`@typescript-eslint/no-unsafe-${use}`, 'off']),
    ),
  },
)
