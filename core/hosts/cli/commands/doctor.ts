/** `kagami doctor`: every engine proved by a timed product against float64; no engine is ever taken for another. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Exit, Register } from '../command.ts'
import { openWorkbench } from '../../node.ts'
import { print, printJson, printTable, say } from '../output.ts'

type Options = { json?: boolean }

export const addDoctor: Register = (program, done) => {
  program
    .command('doctor')
    .description('prove every engine by a timed product against float64')
    .option('--json', 'machine-readable result')
    .action(async ({ json }: Options) => done(await doctor(json === true)))
}

async function doctor(json: boolean): Promise<Exit> {
  const folder = mkdtempSync(join(tmpdir(), 'kagami-doctor-'))
  const workbench = openWorkbench({ project: join(folder, 'doctor.kagami'), create: true, log: say })
  try {
    const proofs = await workbench.prove()
    const versions = { node: process.versions.node, v8: process.versions.v8, platform: `${process.platform} ${process.arch}` }
    if (json) printJson({ versions, engines: proofs })
    else {
      printTable(
        {
          columns: ['engine', 'state', 'GFLOP/s', 'error', 'bound', 'device'],
          rows: proofs.map(({ engine, available, gflops, error, bound, device, reason }) => [
            engine,
            available ? '✓ proved' : '✗ not available',
            Math.round(gflops * 10) / 10,
            Number(error.toPrecision(2)),
            Number(bound.toPrecision(2)),
            device ?? reason,
          ]),
        },
        'table',
      )
      print(
        `\nNode ${versions.node}, ${versions.platform}. Product of two random matrices in float32 against float64; error relative to the largest Σ|ab|.`,
      )
    }
    return proofs.some(({ available }) => available) ? 0 : 1
  } finally {
    await workbench.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
