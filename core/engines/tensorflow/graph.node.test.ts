import { createRequire } from 'node:module'
import { expect, test } from 'vitest'
import { savedModel, type Node } from './graph.ts'

type Graph = {
  readonly nodeList: readonly { readonly attrMap: readonly (readonly [string, Readonly<Record<string, unknown>>])[] }[]
  readonly library: { readonly functionList: unknown }
}
type Found = { readonly metaGraphsList: readonly { readonly graphDef: Graph }[] }
type Read = { toObject(): unknown }
type Messages = { readonly SavedModel: { deserializeBinary(bytes: Uint8Array): Read } }
const messages = createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js') as Messages // the package's own classes; it has no types

const node: Node = {
  name: 'n',
  op: 'Const',
  inputs: ['a', 'b:output:0'],
  attributes: {
    T: { kind: 'type', value: 3 },
    Ts: { kind: 'types', value: [1, 300] },
    yes: { kind: 'bool', value: true },
    i: { kind: 'int', value: -2 },
    is: { kind: 'ints', value: [1, -1, 2 ** 40] },
    f: { kind: 'float', value: 0.1 },
    s: { kind: 'string', value: 'NHWC' },
    shape: { kind: 'shape', value: [2, 0, 300] },
    shapes: { kind: 'shapes', value: [[], [7]] },
    fn: { kind: 'function', value: 'body' },
    t: { kind: 'tensor', dtype: 1, shape: [2], bytes: new Uint8Array(Float32Array.of(1, -2).buffer) },
  },
}

test('every kind of attribute is read back by the classes of the package', () => {
  const read = messages.SavedModel.deserializeBinary(
    savedModel({
      nodes: [node],
      functions: [
        {
          name: 'body',
          inputs: [{ name: 'x', type: 1 }],
          outputs: [{ name: 'y', type: 3, from: 'n:output:0' }],
          nodes: [node],
          attributes: node.attributes,
        },
      ],
    }),
  ).toObject()
  const found = JSON.parse(JSON.stringify(read)) as Found // of the class's own form
  const [graph] = found.metaGraphsList.map(({ graphDef }) => graphDef)
  const attributes = new Map(graph?.nodeList[0]?.attrMap)
  expect(attributes.get('i')?.['i']).toBe(-2)
  expect(attributes.get('is')?.['list']).toMatchObject({ iList: [1, -1, 2 ** 40] })
  expect(attributes.get('Ts')?.['list']).toMatchObject({ typeList: [1, 300] })
  expect(attributes.get('f')?.['f']).toBe(Math.fround(0.1))
  expect(attributes.get('yes')?.['b']).toBe(true)
  expect(attributes.get('shape')?.['shape']).toMatchObject({ dimList: [{ size: 2 }, { size: 0 }, { size: 300 }] })
  expect(attributes.get('fn')?.['func']).toMatchObject({ name: 'body' })
  expect(Buffer.from(String(attributes.get('s')?.['s']), 'base64').toString()).toBe('NHWC')
  expect(attributes.get('t')?.['tensor']).toMatchObject({
    dtype: 1,
    tensorShape: { dimList: [{ size: 2 }] },
    tensorContent: 'AACAPwAAAMA=',
  })
  expect(graph?.library.functionList).toMatchObject([
    {
      signature: { name: 'body', inputArgList: [{ name: 'x', type: 1 }], outputArgList: [{ name: 'y', type: 3 }] },
      retMap: [['y', 'n:output:0']],
    },
  ])
  expect(graph?.nodeList[0]).toMatchObject({ name: 'n', op: 'Const', inputList: ['a', 'b:output:0'] })
})

test('equal graphs give equal bytes, whatever the order of their attributes', () => {
  const turned = { ...node, attributes: Object.fromEntries(Object.entries(node.attributes).toReversed()) }
  expect(savedModel({ nodes: [turned], functions: [] })).toEqual(savedModel({ nodes: [node], functions: [] }))
})
