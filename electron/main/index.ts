/** The desktop host: puts Electron's parts and the workbench together. The only file that imports Electron's values. */
import { writeFile } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ContractRouterClient } from '@orpc/contract'
import { createRouterClient } from '@orpc/server'
import { BrowserWindow, MessageChannelMain, Menu, app, dialog, ipcMain, nativeTheme, protocol, session, utilityProcess } from 'electron'
import type { Contract, Study } from '#core/contract/index.ts'
import { callerOptions } from '#core/contract/wire.ts'
import { openProject } from '#core/store/project.ts'
import { monotonicClock } from '#core/trainer/clock.ts'
import { createRouter } from '#core/workbench/router.ts'
import { machineMemory } from '#core/trainer/parentMemory.ts'
import { createWorkbench } from '#core/workbench/workbench.ts'
import { desktopInstaller } from './installer.ts'
import { utilityLauncher } from './launcher.ts'
import { menuTemplate } from './menu.ts'
import { offerPort } from './port.ts'
import { printReport } from './print.ts'
import { guardQuit } from './quit.ts'
import { privilegedScheme, serveScheme } from './scheme.ts'
import { confineContents, confineSession, isOurPage, scheme } from './security.ts'
import { openPageWindow, openReportWindow } from './windows.ts'

const built = fileURLToPath(new URL('..', import.meta.url)) // out/: main, preload, renderer side by side
const log = (text: string): void => void process.stderr.write(`${text}\n`)

if (app.requestSingleInstanceLock()) {
  protocol.registerSchemesAsPrivileged([privilegedScheme])
  app.enableSandbox()
  // Not awaited: Electron is ready only after this module has been evaluated to its end.
  app
    .whenReady()
    .then(start)
    .catch((error: unknown) => {
      tell(error)
      app.exit(1)
    })
} else {
  app.quit() // the first instance shows its window, see below
}

async function start(): Promise<void> {
  const language = app.getLocale().startsWith('ja') ? 'ja' : 'en'
  const fork = utilityProcess.fork.bind(utilityProcess)
  const launcherWith = (env: Readonly<Record<string, string>>) =>
    utilityLauncher({
      fork,
      entry: join(built, 'main', 'trainer.js'),
      kill: process.kill.bind(process),
      platform: process.platform,
      env,
    })
  const launcher = launcherWith({})
  const installer = desktopInstaller({
    fork,
    entry: join(built, 'main', 'installer.js'),
    root: join(built, '..'),
    launcher: launcherWith,
  })
  const folder = app.commandLine.getSwitchValue('project') || join(app.getPath('documents'), 'Kagami.kagami')
  const resources = app.isPackaged ? join(process.resourcesPath, 'resources') : join(built, '..', 'resources')
  const project = openProject(folder, { mode: 'write', create: true, nowMs: Date.now() })
  const jobs = Math.max(1, availableParallelism() - 1) // one core stays for the window
  const workbench = createWorkbench({
    project,
    launcher,
    installer,
    resources,
    clock: monotonicClock,
    nowMs: Date.now,
    log,
    jobs,
    memory: machineMemory,
  })
  const router = createRouter(workbench)
  const client: ContractRouterClient<Contract> = createRouterClient(router, callerOptions(log))

  confineSession(session.defaultSession)
  confineContents(app, (address) => void openReportWindow(makeWindow, address).catch(tell))
  protocol.handle(scheme, serveScheme({ folder: join(built, 'renderer'), makeReport: (request) => client.reports.make(request) }))
  offerPort({ ipc: ipcMain, makeChannel: () => new MessageChannelMain(), router, log })
  Menu.setApplicationMenu(
    Menu.buildFromTemplate(menuTemplate({ platform: process.platform, language, savePdf: () => void savePdf().catch(tell) })),
  )
  const { mayClose } = guardQuit({
    app,
    isBusy: () => workbench.list().some(isTraining),
    ask: () => askToQuit(language),
    close: workbench.close,
    log,
  })
  app.on('window-all-closed', () => app.quit())

  const theme = nativeTheme.shouldUseDarkColors ? 'dark' : 'light'
  const window = await openPageWindow(makeWindow, { preload: join(built, 'preload', 'index.cjs'), theme, mayClose })
  app.on('second-instance', () => {
    if (window.isMinimized()) window.restore()
    window.focus()
  })
}

const isTraining = ({ runs }: Study): boolean => (runs.queued ?? 0) + (runs.running ?? 0) > 0

function makeWindow(options: Electron.BrowserWindowConstructorOptions): BrowserWindow {
  return new BrowserWindow(options)
}

const quitWords = {
  en: {
    message: 'Runs are training.',
    detail: 'They stop with a checkpoint and can be resumed later.',
    quit: 'Stop and quit',
    stay: 'Keep training',
  },
  ja: {
    message: '学習中のランがあります。',
    detail: 'チェックポイントを保存して停止し、あとで再開できます。',
    quit: '停止して終了',
    stay: '学習を続ける',
  },
} as const

async function askToQuit(language: 'en' | 'ja'): Promise<boolean> {
  const { message, detail, quit, stay } = quitWords[language]
  const { response } = await dialog.showMessageBox({ type: 'question', message, detail, buttons: [quit, stay], defaultId: 1, cancelId: 1 })
  return response === 0
}

/** Only a report's window is a report; the menu's item does nothing elsewhere. */
async function savePdf(): Promise<void> {
  const window = BrowserWindow.getFocusedWindow()
  const address = window?.webContents.getURL() ?? ''
  if (window === null || !isOurPage(address) || !new URL(address).pathname.startsWith('/reports/')) return
  const { filePath, canceled } = await dialog.showSaveDialog(window, {
    defaultPath: 'report.pdf',
    filters: [{ name: 'PDF', extensions: ['pdf'] }],
  })
  if (!canceled) await writeFile(filePath, await printReport(window.webContents))
}

/** The window's outermost edge: a failure here has no page to appear on. */
function tell(error: unknown): void {
  const text = error instanceof Error ? error.message : String(error)
  log(text)
  dialog.showErrorBox('Kagami', text)
}
