// The layers: what each folder of `core/`, the page and the desktop host may import of ours, and what of others. The table
// is style.md's; a rule's `comment` is its reason, shown by `--output-type err-long`. Spellings of a rule's name:
// `<layer>-imports` (of ours), `<layer>-packages` (of npm), `<layer>-node` (built into Node).

/** Tests of processes, browsers and long studies put whole programs together; only `core/` and the page stay apart. */
const widerTest = '\\.(node|browser|electron|long|gpu)\\.test\\.ts$'
const anyTest = '\\.test\\.ts$'
const helpForTests = '^(core|renderer)/testing/'

const none = { imports: [], packages: [], node: false }
const hashes = '@noble/hashes' // SHA-256 in plain JavaScript: keys of randomness and names of studies need no Node
const below = (...layers) => layers.map((layer) => `core/${layer}/`)
const errors = 'core/contract/errors\\.ts$'
const ops = 'core/engines/ops\\.ts$'
const mathematics = [...below('contract', 'numerics', 'formats'), ops]

/** One row per layer: imports of ours beside the layer itself, packages, whether Node's own modules, and why. */
const layers = {
  contract: {
    ...none,
    packages: ['zod', '@orpc/contract', '@orpc/client'],
    why: 'the contract is what page, command line and workbench agree on: it runs in each of them and knows none. @orpc/client gives wire.ts its serialisers',
  },
  presentation: {
    ...none,
    imports: [...below('contract', 'numerics'), 'resources/messages/'],
    packages: ['@intlify/core-base'],
    types: ['echarts'],
    why: 'page, report and terminal show results alike: what draws them has no DOM, no Node and no store. ECharts only as types: the host draws the option',
  },
  numerics: {
    ...none,
    imports: [errors],
    packages: ['@stdlib/', hashes],
    why: 'float64 mathematics stands alone, so that everything may stand on it',
  },
  formats: {
    ...none,
    imports: [errors],
    packages: [hashes, 'fflate'],
    why: 'bytes become records without a file system: untrusted bytes can be tried anywhere',
  },
  engines: {
    ...none,
    imports: below('contract', 'numerics'),
    packages: ['@tensorflow/', 'webgpu', 'zod'],
    node: true,
    why: 'an engine multiplies: it does not know what is learnt, and nothing above it knows tfjs',
  },
  learning: {
    ...none,
    imports: mathematics,
    packages: ['zod', hashes],
    why: 'what is trained is mathematics: tensors come through engines/ops, bytes and files are passed in',
  },
  symmetry: {
    ...none,
    imports: [...mathematics, ...below('learning')],
    packages: ['zod'],
    why: 'symmetries act on models, and models do not know them',
  },
  analysis: {
    ...none,
    imports: [...mathematics, ...below('learning', 'symmetry')],
    packages: ['zod'],
    why: 'a metric is the same during training and afterwards: it knows neither trainer nor store',
  },
  study: {
    ...none,
    imports: [...mathematics, ...below('learning', 'symmetry', 'analysis')],
    packages: ['zod', 'yaml', hashes],
    why: 'a study is text that becomes a record: files are passed in',
  },
  plan: {
    ...none,
    imports: [...mathematics, ...below('learning', 'symmetry', 'analysis', 'study')],
    packages: ['zod', hashes],
    why: 'a plan follows from a study alone, on every machine the same',
  },
  report: {
    ...none,
    imports: [...below('contract', 'numerics', 'presentation', 'analysis'), 'resources/messages/'],
    packages: ['echarts', 'zod'],
    node: true,
    why: 'a report draws frozen numbers: the workbench gathers them, no store and no trainer is asked',
  },
  trainer: {
    ...none,
    imports: below(
      'contract',
      'numerics',
      'formats',
      'engines',
      'learning',
      'symmetry',
      'analysis',
      'study',
      'plan',
      'presentation',
      'report',
    ),
    packages: ['zod'],
    node: true,
    why: 'the trainer sends and the workbench writes: store and trainer know nothing of each other, and tfjs comes through engines',
  },
  store: {
    ...none,
    imports: below('contract', 'numerics', 'formats'),
    packages: ['better-sqlite3'],
    node: true,
    why: 'the store keeps what it is given: it does not know who trains, plans or shows',
  },
  installer: {
    ...none,
    imports: below('contract', 'formats', 'engines'),
    packages: ['zod'],
    node: true,
    why: 'an installation puts files in place: what proves them is passed in, and it knows neither trainer nor project',
  },
  workbench: {
    ...none,
    imports: [
      ...below(
        'contract',
        'presentation',
        'numerics',
        'formats',
        'engines',
        'learning',
        'symmetry',
        'analysis',
        'study',
        'plan',
        'report',
        'store',
      ),
      'core/trainer/(parent|parentMemory|protocol|clock)\\.ts$', // `Clock` and `Memory` are among what a parent is made with
    ],
    packages: ['@orpc/server', '@orpc/contract', 'temml', 'zod'],
    node: true,
    why: 'of a trainer the workbench sees the parent and the protocol: what runs inside the other process is not its matter',
  },
  hosts: {
    ...none,
    imports: ['core/(?!testing/)'],
    packages: ['@orpc/', 'commander', 'yaml', 'zod', 'vite', '@vitejs/'],
    node: true,
    why: 'a host puts the parts together and adds no product logic; the page and the desktop are other hosts. In a clone the server bundles the page itself',
  },
  bench: {
    ...none,
    imports: ['core/(?!hosts/|testing/)'],
    packages: ['@orpc/', 'zod'],
    node: true,
    why: 'the benchmark uses the program as its users do',
  },
  testing: {
    ...none,
    imports: ['core/', 'resources/'],
    packages: ['.*'],
    node: true,
    why: 'help for tests may use everything of core, never page or desktop',
  },
  electron: {
    ...none,
    folder: 'electron',
    imports: [...below('contract', 'workbench', 'trainer', 'store', 'installer'), 'core/engines/tensorflow/place\\.ts$'],
    packages: ['electron', '@orpc/'],
    node: true,
    why: 'the desktop host is thin: windows, security, processes; no product logic',
  },
  renderer: {
    ...none,
    folder: 'renderer',
    imports: [...below('contract', 'presentation'), 'resources/'],
    packages: [
      'vue',
      'vue-i18n',
      'vue-router',
      'pinia',
      '@vueuse/',
      'reka-ui',
      'echarts',
      '@orpc/client',
      '@orpc/contract',
      '@intlify/',
      '@fontsource-variable/',
      'katex',
    ],
    why: 'the page sees the contract and how results look, nothing else of core: so it is the same in Electron, in a tab and in a report',
  },
}

const oursAt = '^(core|renderer|electron|resources)/'
const packageAt = (names) => `(^|/)node_modules/(${names.map((name) => (name.endsWith('/') ? name : `${name}/`)).join('|')})`
const folderOf = (name, { folder = `core/${name}` }) => `^${folder}/`

function importsRule([name, layer]) {
  const allowed = [folderOf(name, layer), ...layer.imports.map((path) => `^${path}`)]
  return [
    forbid(`${name}-imports`, layer.why, { path: folderOf(name, layer), pathNot: anyTest }, { path: oursAt, pathNot: allowed }),
    forbid(
      `${name}-tests-import`,
      layer.why,
      { path: `${folderOf(name, layer)}.*${anyTest}`, pathNot: widerTest },
      { path: oursAt, pathNot: [...allowed, '^core/testing/'] },
    ),
  ]
}

/** Tests may use the tools of testing; npm's other packages are closed to them as to the layer. */
function packagesRule([name, layer]) {
  const allowed = packageAt([...layer.packages, ...(layer.types ?? [])])
  const tools = packageAt(['vitest', 'fast-check', 'csv-parse/dist/esm', '@types/']) // of csv-parse the build without Node
  const from = folderOf(name, layer)
  const others = { dependencyTypes: npmTypes }
  return [
    ...(layer.types === undefined
      ? []
      : [
          forbid(
            `${name}-types-only`,
            layer.why,
            { path: from, pathNot: anyTest },
            { path: packageAt(layer.types), dependencyTypesNot: ['type-only'] },
          ),
        ]),
    forbid(`${name}-packages`, layer.why, { path: from, pathNot: [anyTest, helpForTests] }, { ...others, pathNot: [allowed] }),
    forbid(
      `${name}-tests-packages`,
      layer.why,
      { path: `${from}.*${anyTest}`, pathNot: widerTest },
      { ...others, pathNot: [allowed, tools] },
    ),
  ]
}

function nodeRule([name, layer]) {
  if (layer.node) return []
  const reason = `${layer.why}; Node's own modules do not exist where it may run`
  return [forbid(`${name}-node`, reason, { path: folderOf(name, layer), pathNot: widerTest }, { dependencyTypes: ['core'] })]
}

/** One door each: the only file that may import a package that crashes, is heavy, or exists in one host only. */
function doorRule([packageName, { door, isWholeFolder = false, valueOnly = false, why }]) {
  const from = { path: '^(core|renderer|electron)/', pathNot: `^${door}${isWholeFolder ? '/' : '$'}` }
  const to = { path: `${packageAt([packageName])}|^${packageName}$` } // the bare name: where the package is not installed
  const name = `door-${packageName.replace(/^@tensorflow\//, '')}`
  return forbid(name, why, from, valueOnly ? { ...to, dependencyTypesNot: ['type-only'] } : to)
}

const doors = {
  '@tensorflow/tfjs-node-gpu': {
    door: 'core/engines/tensorflow/addon\\.ts',
    why: 'its addon needs two helpers put back before the import, and one process per job',
  },
  webgpu: { door: 'core/engines/webgpu/dawn\\.ts', why: 'Dawn needs globals, and says in its own way that there is no device' },
  '@tensorflow/tfjs-core': {
    door: 'core/engines',
    isWholeFolder: true,
    why: 'tensors come through engines/ops, which leaves out what is wrong or unseeded',
  },
  '@tensorflow/tfjs-backend-wasm': {
    door: 'core/engines/wasm',
    isWholeFolder: true,
    why: 'it registers kernels that are slow or missing: ours go over them',
  },
  '@tensorflow/tfjs-backend-cpu': { door: 'core/engines/cpu', isWholeFolder: true, why: 'the last resort says that it is one' },
  'better-sqlite3': {
    door: 'core/store/project\\.ts',
    valueOnly: true,
    why: 'one place opens SQLite and sets its pragmas; on an old Node it crashes instead of throwing',
  },
  electron: {
    door: 'electron',
    isWholeFolder: true,
    why: 'core runs without a desktop; importing electron where its binary is missing ends the process',
  },
}

const npmTypes = ['npm', 'npm-dev', 'npm-optional', 'npm-peer', 'npm-bundled', 'npm-no-pkg', 'npm-unknown']

// eslint-disable-next-line max-params -- the four columns of a rule, in the order of the tool's own documents
function forbid(name, comment, from, to) {
  return { name, comment, severity: 'error', from, to }
}

const everywhere = [
  forbid('no-circular', 'two files that need each other are one file, or hide a third', {}, { circular: true }),
  forbid(
    'no-unresolvable',
    'an import that leads nowhere fails at run time, or in a clean clone',
    { pathNot: '^core/engines/webgpu/' },
    { couldNotResolve: true },
  ),
  forbid('no-tests', 'a test is imported by nobody', {}, { path: anyTest }),
  forbid(
    'testing-for-tests',
    'what helps tests is no part of the program',
    { path: oursAt, pathNot: [anyTest, helpForTests, '^core/bench/'] },
    { path: helpForTests },
  ),
  forbid(
    'engines-ops-pure',
    'pure layers compile engines/ops.ts: it may use tfjs and nothing of Node',
    { path: `^${ops}` },
    { dependencyTypes: ['core'] },
  ),
]

export default {
  forbidden: [
    ...Object.entries(layers).flatMap((row) => [...importsRule(row), ...packagesRule(row), ...nodeRule(row)]),
    ...Object.entries(doors).map(doorRule),
    ...everywhere,
  ],
  options: {
    tsPreCompilationDeps: true, // type imports count
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^core/testing/fixtures/' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.vue', '.json', '.d.ts'],
    },
  },
}
